// See tests/bench/latency.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openBrowser } from '../support/browser/browsers.mjs';
import { watch } from '../support/browser/peers.mjs';
import { row, summary } from './figures.mjs';
import * as live from './live.mjs';

const { values } = parseArgs({
    options: {
        seconds: { type: 'string', default: '5' },
        rounds: { type: 'string', default: '3' },
        browser: { type: 'string', multiple: true, default: ['chromium', 'firefox'] },
        codec: { type: 'string', multiple: true, default: ['VP8', 'H264'] },
        json: { type: 'string' },
    },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const senders = { ours: live.ours, webrtcbin: live.webrtcbin };
const script = readFileSync(new URL('../support/browser/paint.js', import.meta.url), 'utf8');

/** How old each picture was that a fresh page showed. */
async function turn(browser, start, { codec, audio }) {
    const sender = await start({ codec, audio });
    try {
        const viewer = await watch(browser, sender.url, { codec, audio });
        await viewer.frames(45); // the burst of the start is over
        const { ages, unread } = await viewer.tab.evaluate(async ({ source, id, seconds }) => {
            (0, eval)(source);
            return globalThis.paint.ages(globalThis.peer.peers.get(id).video, seconds);
        }, { source: script, id: viewer.id, seconds });
        await viewer.tab.close();
        if (ages.length < seconds * 10) throw new Error(`${ages.length} pictures read, ${unread} unreadable`);
        return ages;
    } finally {
        await sender.program.stop('SIGKILL');
    }
}

const widths = [9, 5, 5, 10, 5, 5, 5, 8];
console.log(row(widths, ['browser', 'codec', 'sound', 'sender', '  p50', '  p95', '  max', 'pictures']));
const rows = [];
let failed = false;
for (const kind of values.browser) {
    const browser = await openBrowser(kind);
    const codecs = await (await browser.peer()).evaluate(() =>
        RTCRtpReceiver.getCapabilities('video').codecs.map((codec) => codec.mimeType));
    for (const codec of values.codec)
        for (const audio of [true, false]) {
            if (!codecs.includes(`video/${codec}`)) continue;
            const ages = { ours: [], webrtcbin: [] };
            try {
                for (let round = 0; round < rounds; round++)
                    for (const [name, start] of Object.entries(senders))
                        ages[name].push(...await turn(browser, start, { codec, audio }));
            } catch (error) {
                failed = true;
                console.log(row(widths, [kind, codec, audio ? 'yes' : 'no', error.message.split('\n')[0]]));
                continue;
            }
            const result = { browser: kind, codec, audio };
            for (const name of Object.keys(senders)) {
                const figures = result[name] = summary(ages[name]);
                console.log(row(widths, [kind, codec, audio ? 'yes' : 'no', name, figures.p50, figures.p95,
                    figures.max, figures.samples]));
            }
            rows.push(result);
        }
    await browser.close();
}
if (values.json) writeFileSync(values.json, JSON.stringify({ unit: 'ms', seconds, rounds, rows }, null, 1) + '\n');
process.exit(failed ? 1 : 0);
