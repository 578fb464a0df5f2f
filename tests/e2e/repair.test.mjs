// What helps a viewer whose network loses packets.
import assert from 'node:assert/strict';
import { scene } from '../support/scene.mjs';
import { openLink } from '../support/far.mjs';

scene('sound is encoded against losses, and Chromium makes use of it', 60, async (it) => {
    const pipeline = it.pipeline('audiotestsrc is-live=true ! rtcsink signaling="whepserver port=0"');
    const [url] = await pipeline.uris();
    const link = await openLink(it, ['--delay', '20', '--loss', '0.15']);
    const viewer = link.watch(url, { video: false });
    const before = await viewer.until(30000, 'sound', ({ audio }) => audio?.packetsReceived > 100);
    assert.equal(before.received.audio.fecPacketsReceived, 0);
    link.impair();
    await viewer.until(40000, 'copies of lost packets',
        ({ audio }) => audio.packetsLost > 5 && audio.fecPacketsReceived > 20);
});
