// WHIP and WHEP with programs that others wrote: aiortc, libwebrtc in node, curl, nginx before the server.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { scene } from '../support/scene.mjs';
import { watch } from '../support/browser/peers.mjs';

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

// Several servers behind one address: a session's URL leads to the server that has it.
scene('nginx before two servers, with sessions that stick', 120, async (it, t) => {
    const skip = missing('/usr/sbin/nginx', 'nginx-light');
    if (skip) return t.skip(skip);
    const folder = it.folder();
    const names = ['a', 'b'];
    const ports = { a: 18081, b: 18082 };
    for (const name of names) {
        const pipeline = it.pipeline(
            'videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! ' +
            `rtcsink signaling="whepserver port=${ports[name]} address=127.0.0.1 path=/${name}/whep ` +
            'trusted-proxies=127.0.0.1"');
        await pipeline.uris(1);
    }
    writeFileSync(path.join(folder, 'nginx.conf'), `
        daemon off; master_process off; pid ${folder}/pid; error_log stderr;
        events {}
        http {
            access_log off;
            client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
            uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
            split_clients "$request_id" $server_of_new { 50% a; * b; }
            server {
                listen 127.0.0.1:${PORT};
                proxy_set_header Host $http_host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_buffering off;
                location = /whep { rewrite ^ /$server_of_new/whep last; }
                location /a/ { proxy_pass http://127.0.0.1:${ports.a}; }
                location /b/ { proxy_pass http://127.0.0.1:${ports.b}; }
            }
        }`);
    const nginx = it.run('nginx', ['-e', 'stderr', '-p', folder, '-c', path.join(folder, 'nginx.conf')]);
    const browser = await it.browser('chromium');
    const used = new Set();
    for (let i = 0; i < 12 && used.size < 2; i++) {
        const viewer = await watch(browser, `http://localhost:${PORT}/whep`, { audio: false });
        const location = new URL(viewer.location);
        assert.equal(location.port, String(PORT), 'the session is reached through nginx');
        used.add(location.pathname.split('/')[1]);
        await viewer.frames(10);
        assert.equal((await viewer.hangUp()).status, 200);
    }
    assert.deepEqual([...used].sort(), names, nginx.output);
});
