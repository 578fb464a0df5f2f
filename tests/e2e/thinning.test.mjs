// Temporal layers: where the network of a viewer falls below what its rung takes, Chromium gets fewer
// pictures of the same rung, and shows them evenly.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { scene } from '../support/scene.mjs';
import { call, watch } from '../support/browser/peers.mjs';
import { until } from '../support/wait.mjs';

const rung = { height: 360, kbit: 1500 }, lower = { height: 90, kbit: 100 };
const link = 1100; // kbit/s, once it is limited
const hold = 6; // s
// Noise without sharp edges: it takes what it is given.
const source = 'videotestsrc is-live=true pattern=snow ! ' +
    'video/x-raw,width=32,height=18,framerate=30/1 ! videoscale ! video/x-raw,width=640,height=360';

const support = path.join(process.env.RTC_TEST_BUILD, 'tests/support');
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const piped = { stdio: ['pipe', 'pipe', 'pipe'] };

for (const codec of ['VP8', 'VP9'])
    scene(`a viewer whose network falls gets fewer pictures of the same rung of ${codec}`, 150,
        (it, context) => thins(it, context, codec));

async function thins(it, context, codec) {
    const network = it.run(path.join(support, 'link'), ['--rate', `0:${link}`, '--delay', '10'], piped);
    const { pid, address } = await network.event('ready');
    const sender = it.run('/usr/bin/python3', [here('../support/publisher.py'),
        `${source} ! rtcsink name=live video-codecs=${codec} temporal-layers=3 ` +
        `ladder=${rung.height}p:${rung.kbit},${lower.height}p:${lower.kbit} ` +
        'signaling="whepserver port=0 rate-limit=0"']);
    const { uri } = await sender.event('ready');
    const viewer = it.run('nsenter', [`--net=/proc/${pid}/ns/net`, process.execPath,
        here('../bench/viewer.mjs'), uri.replace(/\/\/[^:/]+/, `//${address}`)], piped);

    const got = (count) => sender.events('stats').slice(-count).map(({ viewers }) => viewers[0]);
    const lately = (seconds, right) => {
        const list = got(2 * seconds);
        return list.length === 2 * seconds && list.every((now) => now && right(now));
    };
    const tell = () => context.diagnostic(sender.events('stats').map(({ viewers: [now] }) =>
        (now ? `${now.rung}/${now['temporal-layer']}:${Math.round(now.estimate / 1000)}` : '-')).join(' '));
    const shown = () => viewer.events('viewer');
    const rate = (seconds) => {
        const list = shown().slice(-2 * seconds - 1);
        return 1000 * (list.at(-1).frames - list[0].frames) / (list.at(-1).at - list[0].at);
    };
    try {
        await until(60000, 'all pictures of the better rung',
            () => lately(4, (now) => now.rung === 0 && now['temporal-layer'] === 2), 500);
        const before = rate(4);
        network.child.stdin.write('start\n');
        await until(60000, 'fewer pictures of it',
            () => lately(hold, (now) => now.rung === 0 && now['temporal-layer'] < 2), 500);
        // What was queued on the link has held up some, and comes at once.
        const window = () => shown().slice(-2 * hold + 2);
        await until(40000, 'even pictures', () => {
            const counts = window().map(({ frames }) => frames);
            const most = Math.max(...counts.slice(1).map((count, i) => count - counts[i]));
            return window()[0].freezes === window().at(-1).freezes && most < before * 0.5;
        }, 500);
        const [first, last] = [window()[0], window().at(-1)];
        context.diagnostic(`${before.toFixed(1)} pictures a second, then ${rate(hold - 2).toFixed(1)}`);
        assert.ok(rate(hold - 2) < before * 0.7, `${rate(hold - 2)} after ${before}`);
        assert.ok(last.frames - first.frames > 5 * (hold - 2), JSON.stringify([first, last]));
        assert.equal(last.height, rung.height);
        // None of them refers to one that was left out.
        assert.equal(last.plis, first.plis, JSON.stringify([first, last]));
    } finally {
        tell();
        context.diagnostic(shown().map(({ frames, freezes }) => `${frames}/${freezes}`).join(' '));
    }
}

for (const codec of ['VP8', 'VP9'])
    scene(`layers of ${codec} that a caller makes reach those who watch the call`, 120, async (it) => {
        const base = 'http://localhost:18080';
        const relay = it.run('/usr/bin/python3', [here('../support/publisher.py'),
            'rtcsrc signaling="whipserver port=18080" : rtcsink name=live signaling="whepserver port=18080"']);
        await relay.event('ready');
        const browser = await it.browser('chromium');
        await call(browser, `${base}/whip`, { codec, layers: 'L1T3', audio: false });
        await until(20000, 'the call', () => relay.events('stats').at(-1)?.encodings.length > 0, 500);
        const viewer = await watch(browser, `${base}/whep`, { audio: false });
        await viewer.frames(60);
        await until(20000, 'three layers',
            () => relay.events('stats').at(-1).viewers[0]?.['temporal-layer'] === 2, 500);
    });
