// whipclient and whepclient: against an endpoint of aiortc, against our own servers, through a
// relay that the endpoint names, and behind the URIs that players take.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodersMade } from '../support/judges.mjs';
import { judge } from '../support/recording.mjs';
import { scene } from '../support/scene.mjs';
import { watch } from '../support/browser/peers.mjs';
import { missingTurn, startTurn } from '../support/turn.mjs';

const PORT = 18080; // the test's network is its own
const BASE = `http://10.77.0.1:${PORT}`;

async function aiortc(it, ...options) {
    const script = fileURLToPath(new URL('../support/aiortc_endpoint.py', import.meta.url));
    const endpoint = it.run('/usr/bin/python3', [script, String(PORT), ...options]);
    await endpoint.line(20000, 'the endpoint', (line) => line === 'ready');
    endpoint.saw = (pattern, ms = 30000) =>
        endpoint.line(ms, String(pattern), (line) => pattern.test(line));
    return endpoint;
}

// What gst-launch-1.0 -v prints of each buffer.
const sink = (name) => `fakesink name=${name} async=false silent=false`;
const BOTH = `s. ! video/x-raw ! ${sink('picture')} s. ! audio/x-raw ! ${sink('sound')}`;

async function plays(pipeline, names = ['picture', 'sound']) {
    for (const name of names) {
        let seen = 0;
        await pipeline.line(30000, `30 buffers of ${name}`, (line) =>
            line.includes(`:${name}: last-message = chain`) && ++seen === 30);
    }
}

scene('publishes to aiortc, comes back after an outage, and says good-bye', 90, async (it) => {
    const endpoint = await aiortc(it);
    const copy = path.join(it.folder(), 'copy.mkv');
    const pipeline = it.pipeline(
        'videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1 ! ' +
        'x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! ' +
        'video/x-h264,profile=constrained-baseline ! tee name=t ' +
        `t. ! queue ! h264parse ! matroskamux ! filesink location=${copy} t. ! queue ! ` +
        `rtcsink name=l consent-timeout=3000 signaling="whipclient longest-pause=500 endpoint=${BASE}/whip" ` +
        'audiotestsrc is-live=true ! l.', { env: { ...process.env, GST_DEBUG: 'GST_ELEMENT_FACTORY:4',
            GST_DEBUG_NO_COLOR: '1' } });
    await endpoint.saw(/^received video 30$/);
    await endpoint.saw(/^received audio 30$/);
    await endpoint.saw(/^candidate host$/);
    const first = await pipeline.message('rtc-session-started');
    // The endpoint forgets the session: another one follows, in the same pipeline.
    await fetch(`${BASE}/quit`);
    await pipeline.message('rtc-session-ended', { ms: 30000 });
    await pipeline.message('rtc-session-started',
        { ms: 30000, where: (fields) => fields.session !== first.session });
    assert.equal(await pipeline.stop(), 0);
    await endpoint.saw(/^DELETE \/session 200$/);
    // Nothing of it was felt by the encoders and the copy.
    const made = encodersMade(pipeline.output);
    assert.deepEqual([made.x264enc, made.opusenc], [1, 1], JSON.stringify(made));
    const { video, complaints } = await judge(copy);
    assert.equal(complaints, '');
    assert.ok(video.largestGap < 0.5, `${video.largestGap} s are missing`);
});

scene('watches aiortc, with an offer of ours and with one of its own', 90, async (it) => {
    for (const option of [[], ['--counter-offer']]) {
        const endpoint = await aiortc(it, ...option);
        const pipeline = it.pipeline(
            `-v rtcsrc name=s signaling="whepclient endpoint=${BASE}/whep" ${BOTH}`);
        await endpoint.saw(option.length ? /^POST \/whep 406$/ : /^POST \/whep 201$/);
        await plays(pipeline);
        assert.equal(await pipeline.stop(), 0);
        await endpoint.saw(/^DELETE \/session 200$/);
        await endpoint.stop('SIGTERM');
    }
});

scene('a player plays whep://', 90, async (it) => {
    const server = it.pipeline(
        `videotestsrc is-live=true ! rtcsink name=l signaling="whepserver port=${PORT}" ` +
        'audiotestsrc is-live=true ! l.');
    await server.uris();
    const uri = `uri=whep://10.77.0.1:${PORT}/whep`;
    const bin = it.pipeline(`-v uridecodebin name=s ${uri} ${BOTH}`);
    await plays(bin);
    assert.equal(await bin.stop(), 0);
    assert.equal(await server.stop(), 0);

    // playbin3 of GStreamer 1.22 may lose one of two streams that begin together.
    const silent = it.pipeline(
        `videotestsrc is-live=true ! rtcsink signaling="whepserver port=${PORT}"`);
    await silent.uris();
    const player = it.pipeline(`-v playbin3 ${uri} video-sink="${sink('picture')}"`);
    await plays(player, ['picture']);
    assert.equal(await player.stop(), 0);
    assert.equal(await silent.stop(), 0);
});

scene('one sends through our servers to another, and both go by the relay that the server names',
    120, async (it, t) => {
        const skip = missingTurn();
        if (skip) return t.skip(skip);
        const turn = await startTurn(it);
        const sfu = it.pipeline(
            `rtcsrc turn-servers="${turn.uri}" signaling="whipserver port=${PORT}" : ` +
            `rtcsink turn-servers="${turn.uri}" signaling="whepserver port=${PORT}"`);
        await sfu.uris(2);
        const relay = 'ice-transport-policy=relay';
        const sender = it.pipeline(
            `videotestsrc is-live=true ! rtcsink ${relay} name=l ` +
            `signaling="whipclient endpoint=${BASE}/whip" audiotestsrc is-live=true ! l.`);
        await sender.message('rtc-session-started', { ms: 30000 });
        await sfu.message('rtc-session-started', { ms: 30000 });
        const receiver = it.pipeline(
            `-v rtcsrc name=s ${relay} signaling="whepclient longest-pause=500 endpoint=${BASE}/whep" ${BOTH}`);
        await plays(receiver);
        assert.equal(await receiver.stop(), 0);
        assert.ok(!(sender.output + receiver.output).includes('pass'), 'the password is in the log');
        const viewer = await watch(await it.browser('chromium'), `${BASE}/whep`);
        await viewer.frames(30);
        assert.equal(await sender.stop(), 0);
        await sfu.message('rtc-session-ended', { where: (fields) => fields.reason === 'hangup' });
    });
