// A caller whose pictures break elements: who watches sees the next good ones.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { scene } from '../support/scene.mjs';
import { watch } from '../support/browser/peers.mjs';

const PEER = new URL('../support/aiortc_peer.py', import.meta.url).pathname;
// VP8 that tells of a first partition beyond its end: rtpvp8pay reports it as an error.
const PAYLOAD = '1011ffff0000000000000000';
const WARNING = /WARNING.*video_\d: a part of this VP8 can't be sent/;

scene('a broken picture of a caller ends nothing', 120, async (it, t) => {
    if (!existsSync('/usr/lib/python3/dist-packages/aiortc')) return t.skip('package python3-aiortc');
    const relay = it.pipeline(
        'rtcsrc signaling="whipserver port=18080" : rtcsink signaling="whepserver port=18080"');
    await relay.uris(2);
    const caller = it.run('/usr/bin/python3', [PEER, 'call', 'http://127.0.0.1:18080/whip', PAYLOAD]);
    await caller.line(60000, 'the first broken picture', (line) => line === 'broken 1');

    const browser = await it.browser('chromium');
    const viewer = await watch(browser, 'http://localhost:18080/whep');
    await viewer.frames(30);
    for (const number of [3, 4]) {
        await caller.line(30000, 'a broken picture', (line) => line === `broken ${number}`);
        const { received } = await viewer.frames(1);
        await viewer.frames(received.video.framesDecoded + 30);
    }
    assert.equal(relay.ended, undefined);
    assert.match(relay.output, WARNING);
    assert.doesNotMatch(relay.output, /ERROR/);
    await viewer.hangUp();
    assert.equal(await relay.stop(), 0);
});
