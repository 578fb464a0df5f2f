// Transport-wide feedback works both ways: more than 2 Mbit/s on a clean link, where Chromium stays
// at 0.5 Mbit/s without it. On a quiet machine that takes a few seconds; the deadline is a busy one's.
import assert from 'node:assert/strict';
import { scene } from '../support/scene.mjs';
import { call, watch } from '../support/browser/peers.mjs';

const deadline = 60000;

// Bits a second over one second, by the page's own count of bytes.
const fast = (peer, way, ms) => peer.tab.waitFor(ms, `more than 2 Mbit/s ${way}`,
    async ({ id, way, counter }) => {
        const now = (await globalThis.peer.stats(id))[way]?.video;
        const from = globalThis.measuredFrom ??= now;
        if (!now || now.timestamp - from.timestamp < 1000) return 0;
        globalThis.measuredFrom = now;
        const rate = 8000 * (now[counter] - from[counter]) / (now.timestamp - from.timestamp);
        return rate > 2e6 && rate;
    }, { id: peer.id, way, counter: way === 'sent' ? 'bytesSent' : 'bytesReceived' });

scene('Chromium sends more than 2 Mbit/s', 120, async (it) => {
    const pipeline = it.pipeline('rtcsrc signaling="whipserver port=0" ! fakesink async=false');
    const [url] = await pipeline.uris();
    const caller = await call(await it.browser('chromium'), url,
        { codec: 'VP8', source: 'noise', width: 320, height: 240, audio: false, maxBitrate: 4e6 });
    const rate = await fast(caller, 'sent', deadline);
    assert.ok(rate > 2e6);
    assert.match(caller.answer, /a=extmap:\d+ http:\/\/www\.ietf\.org\/id\/draft-holmer-rmcat-transport-wide-cc/);
});

scene('Chromium receives more than 2 Mbit/s', 120, async (it) => {
    const pipeline = it.pipeline(
        'videotestsrc is-live=true pattern=snow ! video/x-raw,width=640,height=480 ! ' +
        'x264enc tune=zerolatency speed-preset=ultrafast bitrate=3000 key-int-max=60 ! ' +
        'video/x-h264,profile=constrained-baseline ! rtcsink signaling="whepserver port=0"');
    const [url] = await pipeline.uris();
    const viewer = await watch(await it.browser('chromium'), url, { audio: false });
    assert.ok(await fast(viewer, 'received', deadline) > 2e6);
    const { received } = await viewer.stats();
    assert.ok(received.video.packetsLost < 20, JSON.stringify(received.video));
});
