// The pipelines of README and of the page on publishing, as they stand, with a browser at the
// other end.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '../support/browser/browsers.mjs';
import { call, watch } from '../support/browser/peers.mjs';
import { showsMotion, showsPicture } from '../support/judges.mjs';
import { Program } from '../support/process.mjs';
import { Scene } from '../support/scene.mjs';
import { pipelines } from '../support/strings.mjs';
import { until } from '../support/wait.mjs';

const support = (name) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

// No device of this machine: what looks for one by itself finds none and takes a test source.
const env = { ...process.env, GST_PLUGIN_FEATURE_RANK: 'openalsrc:NONE,jackaudiosrc:NONE' };

const urlOf = (kind, port) => `http://localhost:${port}/${kind}`;

// The ports of the servers of a kind in a pipeline.
const ports = (command, kind) =>
    [...command.matchAll(new RegExp(`${kind}server port=(\\d+)`, 'g'))].map(([, port]) => port);

const files = (command) =>
    [...command.matchAll(/(?:filesink|rtcrecordsink) location="?([^\s"]+)/g)].map(([, name]) => name);

// What a pipeline finds when a person runs it: a film, a camera, a screen, another server.
const setting = {
    film: async (it, folder) => {
        const maker = it.run('gst-launch-1.0', ('matroskamux name=m ! filesink location=film.mkv ' +
            'videotestsrc num-buffers=600 pattern=ball ! video/x-raw,width=640,height=360,framerate=30/1 ! ' +
            'x264enc speed-preset=ultrafast ! m. ' +
            'audiotestsrc num-buffers=882 ! opusenc ! m.').split(' '), { cwd: folder });
        assert.equal(await maker.exited, 0, maker.output);
    },
    'rtsp:': async (it) => {
        const camera = it.run('/usr/bin/python3', [support('rtsp_camera.py'), '8554', '/camera']);
        await camera.line(20000, 'the camera', (line) => line === 'ready');
    },
    ximagesrc: async (it) => {
        const screen = it.run('Xvfb', [':77', '-screen', '0', '640x480x24', '-nolisten', 'tcp', '-displayfd', '1']);
        await screen.line(20000, 'the screen', (line) => line === '77');
        // Something that moves on it.
        it.run('gst-launch-1.0', 'videotestsrc is-live=true pattern=ball ! videoconvert ! ximagesink'.split(' '),
            { env: { ...process.env, DISPLAY: ':77' } });
    },
    whipclient: async (it, folder) => {
        const other = pipelines('docs/publishing.md').find(({ command }) => command.includes('port=8081'));
        run(it, other.command, folder);
    },
};

// The size of a file, or of the largest beside it where the name is only known later.
function largest(folder, name) {
    if (!name.includes('{')) return statSync(path.join(folder, name)).size;
    const beside = path.join(folder, path.dirname(name));
    return Math.max(0, ...readdirSync(beside).map((file) => statSync(path.join(beside, file)).size));
}

function run(it, command, folder) {
    const program = new Program('bash', ['-c', `exec ${command}`], { cwd: folder, env: { ...env, DISPLAY: ':77' } });
    it.atEnd(() => program.ended ?? program.stop('SIGKILL'));
    return program;
}

async function live(url) {
    await until(20000, `${url} to be there`, async () => (await fetch(url, { method: 'OPTIONS' })).ok);
    return url;
}

// Sees that viewers get pictures; a caller sends them where the pipeline takes calls.
async function tryOut(it, browser, command, program) {
    const closing = (peer) => {
        it.atEnd(() => peer.tab.close());
        return peer;
    };
    const callers = [];
    for (const port of ports(command, 'whip')) {
        const caller = await call(browser, await live(urlOf('whip', port)), { width: 320, height: 240 });
        callers.push(closing(caller));
        await caller.until(20000, 'pictures sent', (stats) => stats.sent?.video?.framesSent >= 30);
    }
    const watched = ports(command, 'whep');
    if (command.includes('whipclient')) watched.push('8081'); // what the other server got
    for (const port of watched) {
        const viewer = closing(await watch(browser, await live(urlOf('whep', port))));
        await viewer.frames(30);
        await showsPicture(viewer);
        await showsMotion(viewer);
    }
    assert.equal(program.ended, undefined, program.output);
    for (const caller of callers) await caller.hangUp();
}

let browser;
test.before(async () => { browser = await openBrowser('chromium'); });
test.after(() => browser.close());

for (const page of ['README.md', 'docs/publishing.md'])
    for (const { heading, command } of pipelines(page)) {
        const name = `${page}, ${heading}: ${command.slice(15, 75)}…`;
        const skip = command.includes('ximagesrc') && !existsSync('/usr/bin/Xvfb') && 'package xvfb';
        test(name, { timeout: 90000, skip }, async () => {
            const it = new Scene();
            try {
                const folder = it.folder();
                mkdirSync(path.join(folder, 'hls'));
                for (const [word, prepare] of Object.entries(setting))
                    if (command.includes(word)) await prepare(it, folder);
                const program = run(it, command, folder);
                await tryOut(it, browser, command, program).catch((error) => {
                    throw new Error(`${error.message}\n${program.output}`);
                });
                for (const name of files(command).filter((file) => file.includes('{')))
                    await until(20000, name, () => largest(folder, name) > 10000);
                const ended = await program.stop('SIGINT', 20000);
                if (command.includes('-e ')) assert.equal(ended, 0, program.output);
                for (const name of files(command)) assert.ok(largest(folder, name) > 10000, name);
            } finally {
                await it.end();
            }
        });
    }
