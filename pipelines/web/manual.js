// The browser's half of manualsignaling: descriptions go by copy and paste.
import { fromText, toLine, wanted } from './carry.js';

const $ = (id) => document.getElementById(id);
const page = document.documentElement;
let pc = null;

function say(state, title, detail = '') {
    page.dataset.state = state;
    $('title').textContent = title;
    $('detail').textContent = detail;
    $('veil').hidden = state === 'connected';
}

function complain(text) {
    $('notice').textContent = text;
    $('notice').hidden = !text;
}

function begin() {
    pc?.close();
    const mine = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    pc = mine;
    const stream = new MediaStream();
    mine.ontrack = ({ track }) => {
        stream.addTrack(track);
        $('video').srcObject = stream;
        $('video').play().catch(() => { $('video').muted = true; $('video').play(); });
    };
    mine.onconnectionstatechange = () => {
        if (mine !== pc) return;
        if (mine.connectionState === 'connected') say('connected', 'Connected');
        if (mine.connectionState === 'failed')
            say('failed', 'No connection', 'No network path was found. Start again on both sides.');
    };
    globalThis.gstRtc = { get state() { return page.dataset.state; }, get pc() { return pc; } };
    return mine;
}

async function addCamera(connection) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    for (const track of stream.getTracks()) connection.addTrack(track, stream);
    $('video').srcObject = stream;
    $('video').muted = true;
}

// Without trickle all candidates go with the description.
function gathered(connection) {
    if (connection.iceGatheringState === 'complete') return Promise.resolve();
    return new Promise((done) => {
        connection.addEventListener('icegatheringstatechange', () =>
            connection.iceGatheringState === 'complete' && done());
    });
}

async function show(connection, description, title, detail) {
    await connection.setLocalDescription(description);
    await gathered(connection);
    $('mine').value = toLine(connection.localDescription);
    $('copy').disabled = false;
    say(description.type === 'offer' ? 'offering' : 'answering', title, detail);
}

async function offer(way) {
    const connection = begin();
    say('preparing', 'Making an offer…');
    if (way === 'send') {
        await addCamera(connection);
        for (const transceiver of connection.getTransceivers()) transceiver.direction = 'sendonly';
    } else {
        for (const kind of ['video', 'audio'])
            connection.addTransceiver(kind, { direction: 'recvonly' });
    }
    await show(connection, await connection.createOffer(), 'Give the offer to the other side',
        'Paste its answer here.');
}

async function take(text) {
    const waiting = pc?.signalingState === 'have-local-offer';
    const description = fromText(text, waiting ? 'answer' : 'offer');
    if (description.type === 'answer') {
        if (!waiting) throw new Error('That is an answer, but no offer of this page waits for one.');
        say('connecting', 'Connecting…');
        return pc.setRemoteDescription(description);
    }
    const connection = begin();
    say('preparing', 'Making the answer…');
    if (wanted(description.sdp) !== 'receive') await addCamera(connection);
    await connection.setRemoteDescription(description);
    return show(connection, await connection.createAnswer(), 'Give the answer to the other side',
        'It connects as soon as it has it.');
}

// Runs what a press asks for; what goes wrong is told.
async function run(work) {
    complain('');
    try {
        await work();
    } catch (error) {
        if (page.dataset.state === 'preparing') say('idle', 'Nothing yet');
        complain(error.name === 'NotAllowedError' ? 'The camera was not allowed.' : error.message);
    }
}

$('watch').addEventListener('click', () => run(() => offer('receive')));
$('send').addEventListener('click', () => run(() => offer('send')));
$('take').addEventListener('click', () => run(() => take($('theirs').value)));
$('theirs').addEventListener('paste', () => setTimeout(() => run(() => take($('theirs').value))));
$('copy').addEventListener('click', () => run(async () => {
    await navigator.clipboard.writeText($('mine').value);
    $('copy').textContent = 'Copied';
}));
