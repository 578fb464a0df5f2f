// What one browser sends another sees: a caller is published without a decoder or an encoder.
import assert from 'node:assert/strict';
import { scene, screenshotPath } from '../support/scene.mjs';
import { call, watch } from '../support/browser/peers.mjs';
import { decodersMade, encodersMade, showsMotion, showsPicture } from '../support/judges.mjs';

const LOG = { ...process.env, GST_DEBUG: 'GST_ELEMENT_FACTORY:4', GST_DEBUG_NO_COLOR: '1' };

// One string on one port, which the system chose for the first server.
async function forwarder(it) {
    const port = 18080; // the test's network is its own
    const pipeline = it.pipeline(
        `rtcsrc signaling="whipserver port=${port}" : rtcsink signaling="whepserver port=${port}"`,
        { env: LOG });
    await pipeline.uris(2);
    return { pipeline, base: `http://localhost:${port}` };
}

scene('a call in Chromium is watched in Chromium', 90, async (it) => {
    const { pipeline, base } = await forwarder(it);
    const browser = await it.browser('chromium');
    const caller = await call(browser, `${base}/whip`, { codec: 'VP8' });
    await pipeline.message('rtc-session-started');
    const viewer = await watch(browser, `${base}/whep`);
    const stats = await viewer.frames(60);
    assert.equal(stats.received.video.codec, 'VP8');
    await viewer.until(10000, 'sound', (s) => s.received.audio?.bytesReceived > 3000);
    await showsPicture(viewer);
    await showsMotion(viewer);
    await viewer.tab.screenshot(screenshotPath('forward'));
    assert.deepEqual(encodersMade(pipeline.output), {});
    assert.deepEqual(decodersMade(pipeline.output), {});
    await caller.hangUp();
});

scene('a call in Firefox is watched in Chromium, and the other way round', 120, async (it) => {
    const { base } = await forwarder(it);
    const chromium = await it.browser('chromium');
    const firefox = await it.browser('firefox');
    for (const [from, to] of [[firefox, chromium], [chromium, firefox]]) {
        const caller = await call(from, `${base}/whip`, { codec: 'VP8' });
        const viewer = await watch(to, `${base}/whep`, { codec: 'VP8' });
        await viewer.frames(30);
        await showsMotion(viewer); // Firefox's own camera shows one colour after the other
        await viewer.hangUp();
        await caller.hangUp();
    }
});
