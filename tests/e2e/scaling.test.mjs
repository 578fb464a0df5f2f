// The recipes of docs/scaling.md, as they stand there.
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Program } from '../support/process.mjs';
import { scene } from '../support/scene.mjs';
import { missingJanus, startJanus } from '../support/janus.mjs';
import { watch } from '../support/browser/peers.mjs';
import { block, commands } from '../support/strings.mjs';
import { until } from '../support/wait.mjs';

const PAGE = 'docs/scaling.md';
const env = { ...process.env,
    PATH: `${process.env.RTC_TEST_BUILD}/signaling/room-server:${process.env.PATH}` };
const recipe = (start) => {
    const found = commands(PAGE).filter(({ heading }) => heading.startsWith(start));
    assert.ok(found.length, `${PAGE} has nothing under "${start}"`);
    return found.map(({ command }) => command.replace(/ &$/, ''));
};

function run(it, command, cwd) {
    const program = new Program('bash', ['-c', `exec ${command}`], { env, cwd });
    it.atEnd(() => program.ended ?? program.stop('SIGKILL'));
    return program;
}
const there = (url, ms = 20000) => until(ms, `${url} to answer`, async () => (await fetch(url)).ok);

// Until something is on there is nothing to watch, 409.
async function sees(it, url) {
    const browser = await it.browser('chromium');
    let viewer;
    await until(40000, `something to watch at ${url}`, async () => {
        viewer = await watch(browser, url, { audio: false });
        return true;
    });
    await viewer.frames(60, 30000);
}

scene('an SFU gets the stream by WHIP', 120, async (it) => {
    const [sfu, publisher] = recipe('Through an SFU, by WHIP');
    const server = run(it, sfu);
    await there('http://localhost:8080/whip');
    const sender = run(it, publisher);
    await sees(it, 'http://localhost:8080/whep');
    assert.equal(server.ended ?? sender.ended, undefined);
});

scene('Janus gets the stream, and fans it out', 120, async (it, t) => {
    const skip = missingJanus();
    if (skip) return t.skip(skip);
    const [publisher, viewer] = recipe('Through an SFU, by Janus');
    await startJanus(it);
    const sender = run(it, publisher);
    const folders = [it.folder(), it.folder()];
    const viewers = folders.map((folder) => run(it, viewer, folder));
    for (const folder of folders)
        await until(60000, 'a recording', () => statSync(path.join(folder, 'hall.mkv.part')).size > 20000);
    assert.equal(sender.ended ?? viewers[0].ended ?? viewers[1].ended, undefined);
});

scene('a viewer of the edge sees what the origin publishes', 90, async (it) => {
    const [origin, edge] = recipe('Origin and edge').map((command) => run(it, command));
    await sees(it, 'http://localhost:18080/whep');
    assert.equal(origin.ended ?? edge.ended, undefined);
});

scene('nginx before two servers, with sessions that stick', 120, async (it, t) => {
    if (!existsSync('/usr/sbin/nginx')) return t.skip('package nginx-light');
    for (const command of recipe('Several servers'))
        run(it, command.replace('…', 'videotestsrc is-live=true ! video/x-raw,width=320,height=240 !'));
    const folder = it.folder();
    writeFileSync(path.join(folder, 'nginx.conf'), `
        daemon off; master_process off; pid ${folder}/pid; error_log stderr;
        events {}
        http {
            access_log off;
            client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
            uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
            ${block(PAGE, 'nginx')}
        }`);
    const nginx = it.run('nginx', ['-e', 'stderr', '-p', folder, '-c', path.join(folder, 'nginx.conf')]);
    for (const name of ['a', 'b']) await there(`http://localhost/${name}/whep`);
    const browser = await it.browser('chromium');
    const used = new Set();
    for (let i = 0; i < 12 && used.size < 2; i++) {
        const viewer = await watch(browser, 'http://localhost/whep', { audio: false });
        const location = new URL(viewer.location);
        assert.equal(location.host, 'localhost', 'the session is reached through nginx');
        used.add(location.pathname.split('/')[1]);
        await viewer.frames(10);
        assert.equal((await viewer.hangUp()).status, 200);
    }
    assert.deepEqual([...used].sort(), ['a', 'b'], nginx.output);
});

scene('a producer on one room server, a consumer on another', 90, async (it, t) => {
    if (!existsSync('/usr/bin/redis-server')) return t.skip('package redis-server');
    const [redis, ...others] = recipe('Rooms on Redis');
    await run(it, redis).line(20000, 'Redis', (line) => /Ready to accept/.test(line));
    const programs = others.map((command) => run(it, command));
    for (const server of programs.slice(0, 2))
        await server.line(20000, 'sharing', (line) => line.startsWith('sharing'));
    const sessions = async (port) => {
        const text = await (await fetch(`http://localhost:${port}/metrics`)).text();
        return /^rtc_room_sessions 1$/m.test(text);
    };
    await until(40000, 'their session, on both', async () => await sessions(8443) && sessions(8444));
    assert.deepEqual(programs.map((program) => program.ended), Array(4).fill(undefined));
});
