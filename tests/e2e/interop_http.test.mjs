// WHIP and WHEP with programs that others wrote: aiortc, libwebrtc in node, curl.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { scene } from '../support/scene.mjs';

const support = (name) => new URL(`../support/${name}`, import.meta.url).pathname;
const OFFER = new URL('../data/sdp/chromium-sendonly.sdp', import.meta.url).pathname;
const PORT = 18080;

const missing = (file, name) => (existsSync(file) ? undefined : `package ${name}`);

// A program that calls, then one that watches.
async function callAndWatch(it, name, command, ...args) {
    const pipeline = it.pipeline(
        `rtcsrc signaling="whipserver port=${PORT}" ! fakesink async=false ` +
        'videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! ' +
        `rtcsink signaling="whepserver port=${PORT}"`);
    await pipeline.uris(2);
    for (const [way, at] of [['call', 'whip'], ['watch', 'whep']]) {
        const peer = it.run(command, [...args, way, `http://127.0.0.1:${PORT}/${at}?name=${name}`]);
        await peer.line(20000, `${way}: the answer`, (line) => line === 'answered 201');
        await peer.line(60000, `${way}: media`, (line) => line.startsWith('media '));
        await peer.line(20000, `${way}: the end`, (line) => line === 'ended 200');
        assert.equal(await peer.exited, 0);
    }
    const ended = await pipeline.message('rtc-session-ended', { where: (m) => m.peer === name });
    assert.equal(ended.reason, 'hangup');
}

scene('aiortc calls and watches', 120, async (it, t) => {
    const skip = missing('/usr/lib/python3/dist-packages/aiortc', 'python3-aiortc');
    if (skip) return t.skip(skip);
    await callAndWatch(it, 'aio', '/usr/bin/python3', support('aiortc_peer.py'));
});

scene('libwebrtc in node (@roamhq/wrtc) calls and watches', 120, (it) =>
    callAndWatch(it, 'wrtc', process.execPath, support('wrtc_peer.mjs')));

scene('curl speaks WHIP', 60, async (it, t) => {
    const skip = missing('/usr/bin/curl', 'curl');
    if (skip) return t.skip(skip);
    const pipeline = it.pipeline(
        `rtcsrc signaling="whipserver port=${PORT} token=s3cret" ! fakesink async=false`);
    const [url] = await pipeline.uris(1);
    const curl = async (...args) => {
        const program = it.run('curl', ['-sS', '-i', '--max-time', '20', ...args]);
        assert.equal(await program.exited, 0, program.output);
        return program.output;
    };
    const token = ['-H', 'Authorization: Bearer s3cret'];
    const post = ['-X', 'POST', '-H', 'Content-Type: application/sdp', '--data-binary', `@${OFFER}`, url];
    assert.match(await curl(...post), /^HTTP\/1\.1 401 /);
    const created = await curl(...token, ...post);
    assert.match(created, /^HTTP\/1\.1 201 /);
    assert.match(created, /^a=recvonly/m);
    const location = /^Location: (\S+)/m.exec(created)[1];
    assert.match(await curl(...token, '-X', 'DELETE', location), /^HTTP\/1\.1 200 /);
    assert.match(await curl(...token, '-I', location), /^HTTP\/1\.1 404 /);
});
