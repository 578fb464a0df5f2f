// rtc-room-server: a program of its own, and several that share a Redis.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { scene } from '../support/scene.mjs';
import { enter } from '../support/browser/rooms.mjs';
import { judge } from '../support/recording.mjs';
import { until, within } from '../support/wait.mjs';

const SERVER = path.join(process.env.RTC_TEST_BUILD, 'signaling/room-server/rtc-room-server');
const REDIS = existsSync('/usr/bin/redis-server') ? undefined : 'package redis-server';

async function serve(it, port, ...options) {
    const server = it.run(SERVER, [`--port=${port}`, '--monitor-address=0.0.0.0', ...options]);
    await server.line(20000, 'the server', (line) => line.startsWith('serving'));
    return server;
}

function produce(it, url, name, more = '') {
    return it.pipeline(
        'videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=15/1 ! rtcsink ' +
        `signaling='roomclient uri=${url} meta="{\\"name\\":\\"${name}\\"}" ${more}'`);
}

async function metric(port, name) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
}

async function framesGoOn(viewer) {
    const { received } = await viewer.stats();
    await viewer.frames(received.video.framesDecoded + 15, 30000);
}

scene('a producer and a recorder meet on a server with tokens, by room, until it drains', 90,
    async (it) => {
        const folder = it.folder();
        writeFileSync(`${folder}/tokens`, 's3cret\nhall-only path=/hall action=join\n');
        writeFileSync(`${folder}/conf`, `[server]\ntoken-file=${folder}/tokens\nmax-peers=10\n`);
        const server = await serve(it, 8443, `--config=${folder}/conf`, '--drain-timeout=60');
        const token = 'token=s3cret';
        const url = 'ws://localhost:8443/hall';
        const other = produce(it, 'ws://localhost:8443/kitchen', 'other', token);
        await other.message('rtc-signaling-ready');
        const camera = produce(it, url, 'camera', 'token=hall-only');
        const recorder = it.pipeline(`rtcsrc signaling="roomclient uri=${url} ${token}" : ` +
            `rtcrecordsink location="${folder}/{peer}.mkv"`);
        await camera.message('rtc-session-started');
        await until(20000, 'the session', () => metric(8443, 'rtc_room_sessions'));
        assert.equal(await metric(8443, 'rtc_room_rooms'), 2);
        const stranger = produce(it, url, 'stranger', 'token=wrong');
        assert.notEqual(await stranger.exited, 0);
        assert.match(stranger.output, /refuses the token/);
        assert.ok(!server.output.includes('s3cret'));

        // New ones are refused while there is a session.
        server.signal('SIGTERM');
        await until(20000, 'the drain', async () =>
            (await fetch('http://127.0.0.1:8443/health')).status === 503);
        assert.equal(server.ended, undefined);
        assert.equal(await recorder.stop(), 0);
        assert.equal(await within(20000, 'the end of the server', server.exited), 0);
        const file = await judge(path.join(folder, 'camera.mkv'));
        assert.equal(file.complaints, '');
        assert.ok(!existsSync(path.join(folder, 'other.mkv')));
    });

scene('two servers share their rooms through Redis; one is killed', 120, async (it, context) => {
    if (REDIS) return context.skip(REDIS);
    const redis = () => it.run('redis-server', ['--port', '16379', '--bind', '127.0.0.1',
        '--save', '', '--appendonly', 'no']);
    const ready = (program) => program.line(20000, 'Redis', (line) => /Ready to accept/.test(line));
    let store = redis();
    await ready(store);
    const sharing = ['--redis=127.0.0.1:16379', '--redis-expiry=1500'];
    const a = await serve(it, 8443, ...sharing);
    let b = await serve(it, 8444, ...sharing);
    const shares = (server) => server.line(20000, 'sharing', (line) => line.startsWith('sharing'));
    await shares(a);
    await shares(b);
    produce(it, 'ws://localhost:8443/hall', 'hall');
    produce(it, 'ws://localhost:8444/hall', 'doomed');
    const browser = await it.browser('chromium');
    const onA = await enter(browser, 'ws://localhost:8443/hall');
    const onB = await enter(browser, 'ws://localhost:8444/hall');
    const near = await onA.watch('hall');
    const far = await onB.watch('hall');
    await near.frames(15, 30000);
    await far.frames(15, 30000);
    const acrossOnA = await enter(browser, 'ws://localhost:8443/hall');
    const across = await acrossOnA.watch('doomed');
    await across.frames(15, 30000);
    assert.equal(await metric(8443, 'rtc_room_sessions'), 3);

    await b.stop('SIGKILL');
    // Those of A hear that the others are gone, and nothing else changes for them.
    await across.ended();
    await until(20000, 'the peers of B to be gone', async () =>
        (await onA.names()).join() === 'hall');
    await until(20000, 'the sessions of B to be gone', async () =>
        (await metric(8443, 'rtc_room_sessions')) === 1);
    await far.ended();
    await framesGoOn(near);

    // It comes back, and so do its peers.
    b = await serve(it, 8444, ...sharing);
    const again = await enter(browser, 'ws://localhost:8444/hall');
    await (await again.watch('hall')).frames(15, 30000);
    await until(20000, 'the producer of B', async () => (await onA.names()).includes('doomed'));

    // Without Redis each goes on alone.
    await store.stop('SIGKILL');
    await a.line(20000, 'the loss', (line) => line.startsWith('Redis is lost'));
    await framesGoOn(near);
    store = redis();
    await ready(store);
    await until(30000, 'the room to be one again', async () =>
        (await onA.names()).includes('doomed') && (await metric(8443, 'rtc_room_peers')) > 0);
    // Who ends properly is gone at once.
    b.signal('SIGINT');
    assert.equal(await b.exited, 0);
    await until(20000, 'the peers of B to be gone', async () =>
        (await onA.names()).join() === 'hall');
});

scene('what the example of a configuration names, in comments too, are options', 30, async (it) => {
    const folder = path.dirname(new URL(import.meta.url).pathname);
    const example = readFileSync(path.join(folder, '../../signaling/room-server/rtc-room-server.conf'), 'utf8');
    const names = [...example.matchAll(/^#?([a-z-]+)=/gm)].map(([, name]) => name);
    assert.ok(names.length > 5, String(names));
    const help = it.run(SERVER, ['--help']);
    assert.equal(await help.exited, 0);
    for (const name of names) assert.match(help.output, new RegExp(`--${name}\\s`));
});
