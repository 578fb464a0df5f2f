// A ladder, and viewers on links of 300 kbit/s to 8 Mbit/s at once: browsers and light receivers,
// each on a link of its own. Each gets the rung that its link carries; the slow don't move the fast.
//
// RTC_TEST_VIEWERS=20 has twenty of them, which wants more than two cores to be quick.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { scene } from '../support/scene.mjs';
import { until } from '../support/wait.mjs';

const count = Number(process.env.RTC_TEST_VIEWERS ?? 7);
const patience = count > 10 ? 150 : 75; // s, until everybody has got what they should
const hold = 10; // s, in which they keep it
const kept = 0.8; // of that time: a busy machine delays packets as a full link does

const rungs = [{ height: 360, kbit: 1500 }, { height: 180, kbit: 500 }, { height: 90, kbit: 150 }];
const ladder = rungs.map(({ height, kbit }) => `${height}p:${kbit}`).join(',');
// Noise without sharp edges: it takes what it is given, in every size.
const source = 'videotestsrc is-live=true pattern=snow ! ' +
    'video/x-raw,width=32,height=18,framerate=30/1 ! videoscale ! video/x-raw,width=640,height=360';

const support = path.join(process.env.RTC_TEST_BUILD, 'tests/support');
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const piped = { stdio: ['pipe', 'pipe', 'pipe'] };

// Links in kbit/s, and the rung that each carries.
const links = [[8000, 0], [1000, 1], [300, 2], [4000, 0], [1200, 1], [8000, 0], [350, 2], [3500, 0]];
const browsers = count > 10 ? { 0: 'chromium', 1: 'firefox', 4: 'chromium', 6: 'chromium' }
    : { 0: 'chromium', 1: 'firefox' };


async function makeLink(it, number, kbit) {
    const link = it.run(path.join(support, 'link'),
        ['--number', String(number), '--rate', `0:${kbit}`, '--delay', '10'], piped);
    const ready = await link.event('ready');
    link.child.stdin.write('start\n');
    return ready;
}

function startViewer(it, kind, { pid, address }, uri) {
    const url = uri.replace(/\/\/[^:/]+/, `//${address}`);
    const inside = (command, ...args) => {
        const program = it.run('nsenter', [`--net=/proc/${pid}/ns/net`, command, ...args], piped);
        it.atEnd(() => program.ended ?? program.stop('SIGTERM')); // killed, it would leave its browser
        return program;
    };
    if (kind === 'farm')
        return inside(path.join(support, 'farm'), '--url', url, '--vp8', '--feedback', '--seconds', '600');
    const options = kind === 'firefox' ? ['--firefox'] : [];
    return inside(process.execPath, here('../bench/viewer.mjs'), ...options, url);
}

scene(`${count} viewers on links of 300 kbit/s to 8 Mbit/s each get the rung that theirs carries`,
    patience + 60, async (it, context) => {
        const viewers = [];
        for (let i = 0; i < count; i++) {
            const [kbit, rung] = links[i % links.length];
            const link = await makeLink(it, i + 1, kbit);
            viewers.push({ kbit, rung, link, kind: browsers[i] ?? 'farm', peer: `10.78.${i + 1}.2` });
        }
        const sender = it.run('/usr/bin/python3', [here('../support/publisher.py'),
            `${source} ! rtcsink name=live video-codecs=VP8 ladder=${ladder} ` +
            'signaling="whepserver port=0 rate-limit=0" audiotestsrc is-live=true ! live.']);
        const { uri } = await sender.event('ready');
        for (const viewer of viewers) viewer.program = startViewer(it, viewer.kind, viewer.link, uri);

        const stats = () => sender.events('stats');
        const rungsOf = (viewer) => stats()
            .map(({ viewers: list }) => list.find(({ peer }) => peer === viewer.peer)?.rung);
        const share = (viewer) => rungsOf(viewer).slice(-2 * hold)
            .filter((rung) => rung === viewer.rung).length / (2 * hold);
        const began = Date.now();
        try {
            await until(patience * 1000, 'everybody on the rung that their link carries',
                () => viewers.every((viewer) => share(viewer) >= kept), 500);
            context.diagnostic(`after ${((Date.now() - began) / 1000).toFixed(0)} s`);
        } finally {
            const last = stats().at(-1);
            for (const { stream, rung, bitrate, viewers: number } of last.encodings)
                context.diagnostic(`${stream}, rung ${rung}: ${bitrate} bit/s for ${number}`);
            for (const viewer of viewers) {
                const now = last.viewers.find(({ peer }) => peer === viewer.peer);
                const run = rungsOf(viewer).join('').replaceAll(/(.)\1+/g, (same) => `${same[0]}×${same.length} `);
                context.diagnostic(`${viewer.kind}, ${viewer.kbit} kbit/s: rung ${run}` +
                    ` estimate ${now?.estimate} loss ${now?.loss}`);
            }
        }
        // Nobody's network has changed what the encoders make, and each works once for all.
        const { encodings } = stats().at(-1);
        for (const { encodings: list } of stats())
            for (const each of list.filter(({ stream }) => stream === 'video_0'))
                assert.equal(each.target, rungs[each.rung].kbit * 1000);
        assert.equal(encodings.filter(({ codec, running }) => codec === 'VP8' && running).length, rungs.length);
        // What the senders say is what pages show.
        for (const viewer of viewers.filter(({ kind }) => kind !== 'farm')) {
            const shown = viewer.program.events('viewer').slice(-2 * hold);
            const right = shown.filter(({ height }) => height === rungs[viewer.rung].height);
            assert.ok(right.length >= shown.length * 0.6, JSON.stringify(shown.map(({ height }) => height)));
            assert.ok(shown.at(-1).frames - shown[0].frames > 5 * hold, JSON.stringify(shown));
        }
    });
