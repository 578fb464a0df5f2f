// A pipeline becomes a live page: watched by Chromium and Firefox at once.
import assert from 'node:assert/strict';
import { scene, screenshotPath } from '../support/scene.mjs';
import { watch } from '../support/browser/peers.mjs';
import { encodersMade, showsPicture, showsMotion } from '../support/judges.mjs';

const LOG = { ...process.env, GST_DEBUG: 'GST_ELEMENT_FACTORY:4', GST_DEBUG_NO_COLOR: '1' };

scene('a raw pipeline, watched in VP8 by two browsers and in H264 by one, is encoded once a codec',
    90, async (it) => {
        const pipeline = it.pipeline(
            'videotestsrc is-live=true ! rtcsink name=l signaling="whepserver port=0" ' +
            'audiotestsrc is-live=true ! l.', { env: LOG });
        const [url] = await pipeline.uris();
        const chromium = await it.browser('chromium');
        const firefox = await it.browser('firefox');
        const viewers = {
            'chromium-vp8': await watch(chromium, url, { codec: 'VP8' }),
            'firefox-vp8': await watch(firefox, url, { codec: 'VP8' }),
            'chromium-h264': await watch(chromium, url, { codec: 'H264' }),
        };
        for (const [name, viewer] of Object.entries(viewers)) {
            const stats = await viewer.frames(60);
            assert.equal(stats.received.video.codec, name.includes('h264') ? 'H264' : 'VP8');
            await viewer.until(10000, 'sound',
                (s) => s.received.audio?.totalSamplesReceived > 24000 || s.received.audio?.bytesReceived > 3000);
            await showsPicture(viewer);
            await showsMotion(viewer);
            await viewer.tab.screenshot(screenshotPath(`publish-${name}`));
        }
        const made = encodersMade(pipeline.output);
        assert.equal(made.vp8enc, 1, JSON.stringify(made));
        assert.equal((made.x264enc ?? 0) + (made.openh264enc ?? 0), 1, JSON.stringify(made));
        assert.equal(made.opusenc, 1, JSON.stringify(made));
        assert.equal(await pipeline.stop(), 0);
    });

scene('an encoded pipeline is sent as it is', 60, async (it) => {
    const pipeline = it.pipeline(
        'videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=30 ! ' +
        'video/x-h264,profile=constrained-baseline ! rtcsink name=l signaling="whepserver port=0" ' +
        'audiotestsrc is-live=true ! opusenc ! l.', { env: LOG });
    const [url] = await pipeline.uris();
    const viewer = await watch(await it.browser('chromium'), url);
    const stats = await viewer.frames(60);
    assert.equal(stats.received.video.codec, 'H264');
    await showsMotion(viewer);
    const made = encodersMade(pipeline.output);
    assert.deepEqual(made, { x264enc: 1, opusenc: 1 });
});

scene('a viewer who joins late starts at a keyframe at once', 60, async (it) => {
    const pipeline = it.pipeline(
        'videotestsrc is-live=true ! rtcsink signaling="whepserver port=0"');
    const [url] = await pipeline.uris();
    const browser = await it.browser('chromium');
    const first = await watch(browser, url, { audio: false, codec: 'VP8' });
    await first.frames(90);
    const late = await watch(browser, url, { audio: false, codec: 'VP8' });
    const stats = await late.frames(30);
    // No frame had to be thrown away for want of a keyframe.
    assert.ok(stats.received.video.framesReceived - stats.received.video.framesDecoded < 10,
        JSON.stringify(stats.received.video));
    assert.equal((await first.stats()).received.video.packetsLost, 0);
});

scene('VP9 and AV1 where the viewer prefers them', 90, async (it) => {
    const pipeline = it.pipeline(
        'videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! ' +
        'rtcsink signaling="whepserver port=0"', { env: LOG });
    const [url] = await pipeline.uris();
    const browser = await it.browser('chromium');
    const viewer = await watch(browser, url, { audio: false, codec: 'VP9' });
    const stats = await viewer.frames(30);
    assert.equal(stats.received.video.codec, 'VP9');
});

scene('a viewer who leaves, or is killed, disturbs nobody', 90, async (it) => {
    const pipeline = it.pipeline(
        'videotestsrc is-live=true ! rtcsink consent-timeout=4000 signaling="whepserver port=0"',
    );
    const [url] = await pipeline.uris();
    const stays = await watch(await it.browser('chromium'), url, { audio: false });
    const leaver = await watch(await it.browser('chromium'), url, { audio: false });
    const killed = await it.browser('chromium');
    const victim = await watch(killed, `${url}?name=victim`, { audio: false });
    for (const viewer of [stays, leaver, victim]) await viewer.frames(10);
    assert.equal((await leaver.hangUp()).status, 200);
    await killed.kill();
    const gone = await pipeline.message('rtc-session-ended',
        { ms: 30000, where: (fields) => fields.reason === 'lost' });
    assert.equal(gone.peer, 'victim');
    const before = (await stays.stats()).received.video;
    await stays.frames(before.framesDecoded + 30);
    assert.equal((await stays.stats()).received.video.packetsLost, 0);
});
