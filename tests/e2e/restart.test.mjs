// ICE restarts by WHIP and WHEP: media goes on over a path with new credentials.
import assert from 'node:assert/strict';
import { scene } from '../support/scene.mjs';
import { call, watch } from '../support/browser/peers.mjs';
import { until } from '../support/wait.mjs';

scene('a caller and a viewer restart ICE, and media goes on', 90, async (it) => {
    const pipeline = it.pipeline(
        'rtcsrc signaling="whipserver port=18080" ! fakesink async=false ' +
        'videotestsrc is-live=true ! rtcsink signaling="whepserver port=18080"');
    await pipeline.uris(2);
    const browser = await it.browser('chromium');
    const caller = await call(browser, 'http://localhost:18080/whip', { codec: 'VP8' });
    const viewer = await watch(browser, 'http://localhost:18080/whep', { audio: false });
    await caller.until(20000, 'media is sent', (s) => s.sent?.video?.packetsSent > 30);
    await viewer.frames(30);
    for (const peer of [caller, viewer]) {
        const before = (await peer.stats()).pair;
        const done = await peer.restart();
        assert.equal(done.status, 200, JSON.stringify(done));
        assert.match(done.etag, /^".+"$/);
        assert.match(done.fragment, /^a=candidate:/m);
        assert.notEqual(done.remote, before.remoteUfrag);
        await peer.until(20000, 'a path of the new generation',
            (s, ufrag) => s.pair?.ufrag === ufrag && s.state === 'connected', done.local);
    }
    const packets = (await caller.stats()).sent.video.packetsSent;
    await caller.until(20000, 'the caller sends on',
        (s, n) => s.sent.video.packetsSent > n + 60, packets);
    const frames = (await viewer.stats()).received.video.framesDecoded;
    await viewer.frames(frames + 60);
    assert.deepEqual(pipeline.messages('rtc-session-ended'), []);
    // Without saying that a restart is meant it is none, and nothing changes.
    const refused = await fetch(caller.location, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' },
        body: 'a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=mid:0\r\n',
    });
    assert.equal(refused.status, 428);
    assert.equal((await caller.hangUp()).status, 200);
});

// The offers name a wrong password, so that no check of the server's passes until the restart.
scene('a restart before there is a network path is answered, and connects', 90, async (it) => {
    const pipeline = it.pipeline(
        'rtcsrc signaling="whipserver port=18080" ! fakesink async=false ' +
        'videotestsrc is-live=true ! rtcsink signaling="whepserver port=18080"');
    await pipeline.uris(2);
    const browser = await it.browser('chromium');
    const wrong = (sdp) => sdp.replace(/^a=ice-pwd:.*$/gm, 'a=ice-pwd:abcdefghijklmnopqrstuvwx');
    const early = { wait: false, mangle: wrong.toString() };
    const caller = await call(browser, 'http://localhost:18080/whip', { ...early, codec: 'VP8' });
    const viewer = await watch(browser, 'http://localhost:18080/whep', { ...early, audio: false });
    for (const peer of [caller, viewer]) {
        assert.equal(peer.status, 201);
        const done = await peer.restart();
        assert.equal(done.status, 200, JSON.stringify(done));
    }
    await caller.until(20000, 'media is sent', (s) => s.sent?.video?.packetsSent > 30);
    await viewer.frames(30);
    const started = () => pipeline.messages('rtc-session-started').length;
    await until(20000, 'both sessions', () => started() === 2);
    assert.deepEqual(pipeline.messages('rtc-session-ended'), []);
});
