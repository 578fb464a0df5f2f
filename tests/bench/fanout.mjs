// See tests/bench/fanout.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Program } from '../support/process.mjs';
import { build, clip } from './load.mjs';
import * as senders from './senders.mjs';

const { values } = parseArgs({
    options: {
        viewers: { type: 'string', multiple: true, default: ['1', '10', '50'] },
        seconds: { type: 'string', default: '15' },
        json: { type: 'string' },
        raw: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true }, // some of the senders
        patience: { type: 'string', default: '60' }, // until all receive, s
    },
});
const seconds = Number(values.seconds);
const patience = Number(values.patience);

/** Has so many viewers watch a sender: what it cost, or why not. */
async function measure(start, viewers) {
    const sender = await start(values.raw ? undefined : await clip(seconds + patience));
    if (!sender) return undefined;
    const farm = new Program(path.join(build, 'tests/support/farm'), ['--url', sender.url,
        '--viewers', String(viewers), '--seconds', String(seconds), '--patience', String(patience),
        ...(sender.arguments ?? [])]);
    try {
        const ready = await farm.event('ready', patience * 1000 + 20000);
        const before = sender.program.usage();
        const done = await farm.event('done', seconds * 1000 + 60000);
        const after = sender.program.usage();
        const cpu = (after.cpu - before.cpu) * 1000 / done.seconds;
        const round = (number, digits = 2) => Number(number.toFixed(digits));
        return {
            ms_per_viewer_second: round(cpu / viewers),
            ms_per_second: round(cpu),
            threads: after.threads,
            rss_mb: round(after.kilobytes / 1024, 1),
            setup_ms: ready.setup_ms,
            packets: done.packets,
            mbit_per_viewer: round(done.bytes * 8 / done.seconds / viewers / 1e6),
            lost: done.lost,
            refused: done.refused,
            sender_reports: done.sender_reports,
        };
    } catch (error) {
        return { error: `${error.message.split('\n')[0]} ${farm.output.split('\n').pop()}` };
    } finally {
        await farm.stop('SIGKILL');
        await sender.stop();
    }
}

const known = values.raw ? { ours: senders.raw }
    : { ours: senders.ours, webrtcbin: senders.webrtcbin, janus: senders.janus };
const runs = [];
console.log('viewers  sender     ms/s/viewer   ms/s  threads  RSS MB  set-up ms p50/p95    packets  lost');
for (const viewers of values.viewers.map(Number)) {
    const run = { viewers, seconds };
    for (const [name, start] of Object.entries(known)) {
        if (values.only && !values.only.includes(name)) continue;
        const result = await measure(start, viewers);
        if (!result) continue;
        run[name] = result;
        const { setup_ms: setup } = result;
        console.log(result.error ? `${String(viewers).padStart(7)}  ${name.padEnd(10)} ${result.error}`
            : [String(viewers).padStart(7), ` ${name.padEnd(9)}`, String(result.ms_per_viewer_second).padStart(12),
                String(result.ms_per_second).padStart(6), String(result.threads).padStart(8),
                String(result.rss_mb).padStart(7), `${setup.p50.toFixed(0)}/${setup.p95.toFixed(0)}`.padStart(18),
                String(result.packets).padStart(10), String(result.lost).padStart(5)].join(' '));
    }
    runs.push(run);
}
if (values.json) writeFileSync(values.json, JSON.stringify({ ...runs.at(-1), runs }, null, 1) + '\n');
process.exit(runs.some((run) => Object.values(run).some((result) => result.error)) ? 1 : 0);
