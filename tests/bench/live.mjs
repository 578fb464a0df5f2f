// Senders of a painted picture, raw to start with, for browsers to watch: ours and plain webrtcbin.
// Both start from the same source and aim at the same bit rate.
import path from 'node:path';
import { Pipeline, Program } from '../support/process.mjs';
import { until } from '../support/wait.mjs';
import { build } from './load.mjs';

const picture = 'videotestsrc is-live=true pattern=ball ! ' +
    'video/x-raw,format=I420,width=640,height=360,framerate=30/1 ! paintclock';
const sound = 'audiotestsrc is-live=true samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=2';
const bitrate = 1500000;

// What people write by hand for live video.
const encoders = {
    VP8: `vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60 target-bitrate=${bitrate} ! ` +
        'rtpvp8pay name=videopay ssrc=1001 picture-id-mode=15-bit',
    H264: `x264enc tune=zerolatency speed-preset=ultrafast key-int-max=60 bitrate=${bitrate / 1000} ! ` +
        'video/x-h264,profile=constrained-baseline ! h264parse config-interval=-1 ! ' +
        'rtph264pay name=videopay ssrc=1001 aggregate-mode=zero-latency',
};

async function live(url) {
    await until(20000, 'the stream', async () => {
        const { endpoints } = await (await fetch(new URL('/status', url))).json();
        return endpoints.every((endpoint) => endpoint.live);
    }, 20);
    return url;
}

/** rtcsink, which chooses its encoder. */
export async function ours({ codec, audio }) {
    const program = new Pipeline(`${picture} ! rtcsink name=live video-codecs=${codec} ` +
        `video-bitrate=${bitrate} signaling="whepserver port=0 rate-limit=0"` +
        (audio ? ` ${sound} ! live.` : ''));
    const [url] = await program.uris();
    return { program, url: await live(url) };
}

/** webrtcbin as it comes. */
export async function webrtcbin({ codec, audio }) {
    const program = new Program(path.join(build, 'tests/bench/plainsender'), [
        `${picture} ! queue max-size-buffers=3 leaky=downstream ! ${encoders[codec]} ! ` +
        'tee name=video allow-not-linked=true' +
        (audio ? ` ${sound} ! queue ! opusenc ! rtpopuspay name=audiopay ssrc=1002 ! tee name=audio allow-not-linked=true`
            : '')]);
    const url = await program.line(20000, 'its address', (line) => /^http:\S+/.exec(line)?.[0]);
    return { program, url };
}
