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

// Chromium counts no repair packets of this kind. So the viewer asks for nothing again, and each
// packet that is lost would stop its pictures until a keyframe, if repair didn't give it back.
scene('pictures go on by repair packets alone', 90, async (it) => {
    const pipeline = it.pipeline('videotestsrc is-live=true pattern=ball ! ' +
        'video/x-raw,width=640,height=360,framerate=30/1 ! ' +
        'rtcsink fec=auto signaling="whepserver port=0"');
    const [url] = await pipeline.uris();
    const link = await openLink(it, ['--delay', '75', '--every', '20']);
    const viewer = link.watch(url, { audio: false, codec: 'VP8',
        mangle: '(sdp) => sdp.replace(/a=rtcp-fb:\\d+ nack\\r\\n/g, "")' });
    const { answer } = await viewer.until(30000, 'pictures', ({ video }) => video?.framesDecoded > 30);
    assert.match(answer, /^a=rtpmap:\d+ red\/90000\r$/m);
    assert.match(answer, /^a=rtpmap:\d+ ulpfec\/90000\r$/m);
    link.impair();
    // Once repair has begun, many losses and no keyframe asked for, no picture left out.
    let since;
    await viewer.until(60000, 'losses that do no harm', ({ video }) => {
        const { packetsLost, pliCount, framesDropped, framesDecoded } = video;
        if (since?.pliCount !== pliCount || since.framesDropped !== framesDropped)
            since = { packetsLost, pliCount, framesDropped, framesDecoded };
        return packetsLost - since.packetsLost > 25 && framesDecoded - since.framesDecoded > 300;
    });
});
