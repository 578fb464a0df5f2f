// What helps a viewer whose network loses packets.
import assert from 'node:assert/strict';
import { scene } from '../support/scene.mjs';
import { openLink, withoutAttributes } from '../support/far.mjs';

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

// The viewer asks for nothing again, so that each packet that is lost would stop its pictures until
// a keyframe, if repair didn't give it back.
function goesOnByRepair(codec, format, without, inAnswer, check = () => {}) {
    scene(`pictures of ${codec} go on by ${format} alone`, 90, async (it) => {
        const pipeline = it.pipeline('videotestsrc is-live=true pattern=ball ! ' +
            'video/x-raw,width=640,height=360,framerate=30/1 ! ' +
            'rtcsink fec=auto signaling="whepserver port=0"');
        const [url] = await pipeline.uris();
        const link = await openLink(it, ['--delay', '75', '--every', '12']);
        const mangle = withoutAttributes('rtcp-fb:\\d+ nack\\r', ...without);
        const viewer = link.watch(url, { audio: false, codec, mangle });
        const { answer } = await viewer.until(30000, 'pictures',
            ({ video }) => video?.framesDecoded > 30);
        assert.match(answer, new RegExp(`^a=rtpmap:\\d+ ${format}/90000\r$`, 'm'));
        assert.match(answer, inAnswer);
        link.impair();
        // Once repair has begun, many losses and no keyframe asked for, no picture left out.
        let since;
        const { received } = await viewer.until(60000, 'losses that do no harm', ({ video }) => {
            const { packetsLost, pliCount, framesDropped, framesDecoded } = video;
            if (since?.pliCount !== pliCount || since.framesDropped !== framesDropped)
                since = { packetsLost, pliCount, framesDropped, framesDecoded };
            return packetsLost - since.packetsLost > 20 && framesDecoded - since.framesDecoded > 200;
        });
        check(received.video, answer);
    });
}

goesOnByRepair('VP8', 'ulpfec', ['rtpmap:\\d+ flexfec'], /^a=rtpmap:\d+ red\/90000\r$/m);
// It wins over the other; and serves codecs that need every number.
goesOnByRepair('H264', 'flexfec-03', [], /^a=fmtp:\d+ repair-window=10000000\r$/m,
    ({ ssrc, fecSsrc, fecPacketsReceived }, answer) => {
        assert.match(answer, new RegExp(`^a=ssrc-group:FEC-FR ${ssrc} ${fecSsrc}\r$`, 'm'));
        assert.ok(fecPacketsReceived > 20, `${fecPacketsReceived} repair packets`);
    });
