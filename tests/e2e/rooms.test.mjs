// Rooms: browsers with the library gstwebrtc-api as it is, and our elements.
import assert from 'node:assert/strict';
import path from 'node:path';
import { scene } from '../support/scene.mjs';
import { enter } from '../support/browser/rooms.mjs';
import { judge } from '../support/recording.mjs';
import { encodersMade, showsMotion, showsPicture } from '../support/judges.mjs';

const LOG = { ...process.env, GST_DEBUG: 'GST_ELEMENT_FACTORY:4', GST_DEBUG_NO_COLOR: '1' };

scene('browsers watch a pipeline by gstwebrtc-api', 120, async (it) => {
    const pipeline = it.pipeline(
        'videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! rtcsink name=l fec=auto ' +
        `signaling='roomserver port=0 meta="{\\"name\\":\\"hall\\"}"' ` +
        'audiotestsrc is-live=true ! l.', { env: LOG });
    const [url] = await pipeline.uris();
    assert.match(url, /^ws:\/\/localhost:\d+\/$/);
    const chromium = await it.browser('chromium');
    const firefox = await it.browser('firefox');
    const viewers = [];
    for (const [browser, offer] of [[chromium, false], [chromium, true], [firefox, false]]) {
        const room = await enter(browser, url);
        const viewer = await room.watch('hall', offer);
        assert.deepEqual(await room.names(), ['hall']);
        await viewer.frames(30, 30000);
        await viewer.until(20000, 'sound', (s) => s.received.audio?.bytesReceived > 3000);
        await showsPicture(viewer);
        await showsMotion(viewer);
        // Repair is agreed on where the browser knows of it, whoever offers.
        const { local, remote } = await viewer.descriptions();
        assert.equal(/flexfec-03/.test(local), browser === chromium);
        assert.match(remote, /^a=rtpmap:\d+ flexfec-03\/90000\r$/m);
        for (const kind of ['FID', 'FEC-FR'])
            assert.match(remote, new RegExp(`^a=ssrc-group:${kind} \\d+ \\d+\r$`, 'm'));
        const formats = (names) => remote.match(new RegExp(`^a=rtpmap:\\d+ (${names})/90000`, 'gm'));
        assert.equal(formats('rtx').length, formats('VP8|VP9|H264|H265|AV1').length);
        viewers.push(viewer);
    }
    const made = encodersMade(pipeline.output);
    assert.equal(made.opusenc, 1, JSON.stringify(made)); // for all three
    // One who leaves is told of, and disturbs nobody.
    await viewers[0].close();
    const ended = await pipeline.message('rtc-session-ended');
    assert.equal(ended.session, viewers[0].id);
    const before = (await viewers[2].stats()).received.video.framesDecoded;
    await viewers[2].frames(before + 30);
    pipeline.signal('SIGINT');
    await viewers[2].ended();
});

scene('a browser publishes by gstwebrtc-api, and is recorded', 90, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline(
        `rtcsrc signaling="roomserver port=0" : rtcrecordsink location="${folder}/{peer}.mkv"`);
    const [url] = await pipeline.uris();
    const room = await enter(await it.browser('chromium'), url, { name: 'caller' });
    const caller = await room.publish();
    await caller.until(30000, 'frames sent', (s) => s.sent?.video?.framesEncoded > 60);
    await caller.close();
    await pipeline.message('rtc-session-ended');
    assert.equal(await pipeline.stop(), 0);
    const file = await judge(path.join(folder, 'caller.mkv'));
    assert.ok(file.video.packets > 30, JSON.stringify(file));
    assert.ok(file.audio.packets > 30, JSON.stringify(file));
    assert.equal(file.complaints, '');
});
