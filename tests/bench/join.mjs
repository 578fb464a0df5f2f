// See tests/bench/join.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openBrowser } from '../support/browser/browsers.mjs';
import { watch } from '../support/browser/peers.mjs';
import { row, summary } from './figures.mjs';
import * as live from './live.mjs';

const { values } = parseArgs({
    options: {
        joins: { type: 'string', default: '15' },
        codec: { type: 'string', multiple: true, default: ['VP8', 'H264'] },
        json: { type: 'string' },
    },
});
const joins = Number(values.joins);
const senders = { ours: live.ours, webrtcbin: live.webrtcbin };

async function join(browser, url, options) {
    const viewer = await watch(browser, url, options);
    const timings = await viewer.tab.evaluate((id) => globalThis.peer.timings(id), viewer.id);
    await viewer.tab.close();
    return timings;
}

// With somebody who watches all the while. Senders take turns.
async function warm(browser, options) {
    const running = [];
    const results = {};
    try {
        for (const [name, start] of Object.entries(senders)) {
            const sender = await start(options);
            running.push(sender.program);
            const stays = await watch(browser, sender.url, options);
            await stays.frames(30);
            results[name] = { url: sender.url, all: [] };
        }
        for (let i = 0; i < joins; i++)
            for (const { url, all } of Object.values(results))
                all.push(await join(browser, url, options));
    } finally {
        for (const program of running) await program.stop('SIGKILL');
    }
    return Object.fromEntries(Object.entries(results).map(([name, { all }]) => [name, all]));
}

async function cold(browser, options) {
    const results = Object.fromEntries(Object.keys(senders).map((name) => [name, []]));
    for (let i = 0; i < joins; i++)
        for (const [name, start] of Object.entries(senders)) {
            const { program, url } = await start(options);
            try {
                results[name].push(await join(browser, url, options));
            } finally {
                await program.stop('SIGKILL');
            }
        }
    return results;
}

const widths = [5, 5, 10, 5, 5, 5, 10, 13];
console.log(row(widths, ['state', 'codec', 'sender', '  p50', '  p95', '  max', 'answer p50', 'connected p50']));
const rows = [];
const browser = await openBrowser('chromium');
for (const [state, run] of Object.entries({ warm, cold }))
    for (const codec of values.codec) {
        const results = await run(browser, { codec, audio: true });
        const result = { state, codec };
        for (const [name, all] of Object.entries(results)) {
            const of = (field) => summary(all.map((timings) => timings[field]));
            const figures = result[name] = { ...of('picture'), answer: of('answer'), connected: of('connected') };
            console.log(row(widths, [state, codec, name, figures.p50, figures.p95, figures.max,
                figures.answer.p50, figures.connected.p50]));
        }
        rows.push(result);
    }
await browser.close();
if (values.json) writeFileSync(values.json, JSON.stringify({ unit: 'ms', joins, rows }, null, 1) + '\n');
