// libwebrtc in node (@roamhq/wrtc) as a WHIP caller or a WHEP viewer: wrtc_peer.mjs call|watch URL
//
// Says "answered STATUS", "media N" once N frames came (watch) or were sent (call), hangs up by DELETE
// and says "ended STATUS".
import { createRequire } from 'node:module';
import { until, within } from './wait.mjs';

const { RTCPeerConnection, nonstandard } = createRequire(
    new URL('./browser/package.json', import.meta.url))('@roamhq/wrtc');
const FRAMES = 30;
const [way, url] = process.argv.slice(2);
const pc = new RTCPeerConnection();

// A camera: grey pictures that grow lighter.
function camera(width, height) {
    const source = new nonstandard.RTCVideoSource();
    let shade = 0;
    const timer = setInterval(() => {
        const data = new Uint8ClampedArray(width * height * 3 / 2).fill(128);
        data.fill(shade = (shade + 5) % 256, 0, width * height);
        source.onFrame({ width, height, data });
    }, 1000 / 30);
    return { track: source.createTrack(), stop: () => clearInterval(timer) };
}

async function sent() {
    const report = await pc.getStats();
    return [...report.values()].some((s) => s.type === 'outbound-rtp' && s.framesEncoded >= FRAMES);
}

function received(track) {
    return new Promise((resolve) => {
        const sink = new nonstandard.RTCVideoSink(track);
        let count = 0;
        sink.onframe = () => ++count === FRAMES && (sink.stop(), resolve());
    });
}

const source = way === 'call' ? camera(320, 240) : undefined;
const transceiver = pc.addTransceiver(source?.track ?? 'video',
    { direction: source ? 'sendonly' : 'recvonly' });
await pc.setLocalDescription(await pc.createOffer());
await within(20000, 'candidates', new Promise((resolve) => {
    const check = () => pc.iceGatheringState === 'complete' && resolve();
    pc.onicegatheringstatechange = check;
    check();
}));
const response = await fetch(url, {
    method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp,
});
const answer = await response.text();
console.log('answered', response.status);
await pc.setRemoteDescription({ type: 'answer', sdp: answer });
await (source ? until(60000, 'frames sent', sent)
    : within(60000, 'frames received', received(transceiver.receiver.track)));
console.log('media', FRAMES);
source?.stop();
const end = await fetch(new URL(response.headers.get('location'), url), { method: 'DELETE' });
console.log('ended', end.status);
pc.close();
process.exit(0); // libwebrtc's threads stay
