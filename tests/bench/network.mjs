// See tests/bench/network.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pipeline, Program, parseMessage } from '../support/process.mjs';
import { build } from './load.mjs';
import { plot } from './plot.mjs';

const { values } = parseArgs({
    options: {
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
        svg: { type: 'string' },
    },
});

// Seconds at which the link falls and rises, and the end.
const [fall, rise, end] = [25, 50, 80];
const changing = ['--rate', `0:3000,${fall}:1000,${rise}:3000`];
const scenarios = {
    plain: [],
    'loss 2 %': ['--loss', '0.02'],
    'loss 10 %': ['--loss', '0.1'],
    'rtt 150 ms': ['--delay', '75'],
    'jitter 50 ms': ['--jitter', '50'],
    'queue 300 ms': ['--queue', '300', '--delay', '10'],
    two: ['--rate', '0:3000'],
};

// Rings that move take any bit rate; of noise there are rates that x264enc makes seconds later, or not at all.
function sender() {
    return new Pipeline('videotestsrc is-live=true pattern=zone-plate kx2=20 ky2=20 kt=4 ! ' +
        'video/x-raw,width=640,height=360,framerate=30/1 ! rtcsink video-codecs=H264 ' +
        'video-bitrate=5000000 signaling="whepserver port=0"');
}

/** Runs a link with its viewers, and gives what was seen. */
async function run(options, viewers) {
    const programs = [];
    const start = (program) => (programs.push(program), program);
    const piped = { stdio: ['pipe', 'pipe', 'pipe'] };
    try {
        const link = start(new Program(path.join(build, 'tests/support/link'),
            [...changing, '--delay', '25', ...options], piped));
        const { pid, address } = await link.event('ready', 10000);
        const senders = [];
        for (let i = 0; i < viewers; i++) senders.push(start(sender()));
        const urls = [];
        for (const each of senders) urls.push((await each.uris())[0].replace(/\/\/[^:/]+/, `//${address}`));
        const viewer = start(new Program('nsenter', [`--net=/proc/${pid}/ns/net`, process.execPath,
            fileURLToPath(new URL('viewer.mjs', import.meta.url)), ...urls], piped));
        await viewer.event('watching', 90000);
        const began = Date.now();
        const bitrates = [];
        for (const [number, each] of senders.entries())
            each.child.stdout.on('data', (text) => {
                for (const line of String(text).split('\n')) {
                    const message = parseMessage(line);
                    if (message?.name === 'rtc-bitrate')
                        bitrates.push({ t: (Date.now() - began) / 1000, number, bitrate: message.fields.bitrate });
                }
            });
        link.child.stdin.write('start\n');
        await link.event('sample', (end + 30) * 1000, ({ t }) => t >= end);
        const seen = viewer.events('viewer').map((each) => ({ ...each, t: (each.at - began) / 1000 }));
        return { link: link.events('sample'), viewers: seen, bitrates };
    } finally {
        for (const program of programs.reverse()) {
            program.child.stdin?.end();
            if (!(program instanceof Pipeline)) await program.stop('SIGTERM');
            else await program.stop('SIGKILL');
        }
    }
}

const between = (list, from, to) => list.filter(({ t }) => t > from && t <= to);
const percentile = (list, share) => list.sort((a, b) => a - b)[Math.floor((list.length - 1) * share)] ?? 0;
const rate = (samples) => samples.reduce((sum, s) => sum + s.bytes, 0) * 80 / (samples.length || 1);

/** Seconds until a second in which so much of the link is used and the queue is short. */
function converged(samples, from, to, share) {
    for (let t = from; t + 1 <= to; t += 0.1) {
        const second = between(samples, t, t + 1);
        if (rate(second) >= share * second[0]?.rate && percentile(second.map((s) => s.wait95), 0.5) < 100) return t - from;
    }
    return null;
}

function judge({ link, viewers }, count, loss) {
    const round = (number, digits = 2) => (number === null ? null : Number(number.toFixed(digits)));
    const of = (from, to) => between(link, from, to);
    const used = (from, to) => round(rate(of(from, to)) / (of(from, to)[0].rate * (1 - loss)));
    const queue = (from, to) => round(percentile(of(from, to).map((s) => s.wait95), 0.95), 0);
    const calm = count > 1 ? [[15, end]] : [[15, fall], [fall + 5, rise], [rise + 10, end]];
    let freeze = 0;
    for (let number = 0; number < count; number++) {
        const own = viewers.filter((v) => v.number === number);
        for (const [from, to] of calm)
            for (const part = between(own, from, to); part.length > 1; part.pop())
                freeze = Math.max(freeze, part.at(-1).frozen - part.at(-2).frozen);
    }
    const result = {
        fall_s: count > 1 ? null : round(converged(link, fall, rise, 0.9 * (1 - loss)), 1),
        rise_s: count > 1 ? null : round(converged(link, rise, end, 0.9 * (1 - loss)), 1),
        used: calm.map(([from, to]) => used(from, to)),
        queue_p95_ms: Math.max(...calm.map(([from, to]) => queue(from, to))),
        longest_freeze_s: round(freeze),
        dropped: of(0, end).reduce((sum, s) => sum + s.dropped, 0),
    };
    if (count > 1) {
        const last = [...Array(count).keys()].map((number) => {
            const own = between(viewers.filter((v) => v.number === number), end - 40, end);
            return (own.at(-1).bytes - own[0].bytes) * 8 / (own.at(-1).t - own[0].t);
        });
        result.shares_mbit = last.map((each) => round(each / 1e6));
        result.unfair = round(Math.max(...last) / Math.min(...last));
    }
    return result;
}

const results = {};
const plots = [];
console.log('link           fall s  rise s  used                queue p95 ms  longest freeze s');
for (const [name, options] of Object.entries(scenarios)) {
    if (values.only && !values.only.includes(name)) continue;
    const count = name === 'two' ? 2 : 1;
    const loss = options.includes('--loss') ? Number(options[options.indexOf('--loss') + 1]) : 0;
    const seen = await run(options, count);
    const result = judge(seen, count, loss);
    results[name] = result;
    plots.push({ name, ...seen });
    const text = (value, width) => String(value ?? '–').padStart(width);
    console.log(name.padEnd(14), text(result.fall_s, 6), text(result.rise_s, 7),
        ` ${result.used.join(' ').padEnd(18)}`, text(result.queue_p95_ms, 13), text(result.longest_freeze_s, 17),
        result.unfair ? `  ${result.shares_mbit.join(' and ')} Mbit/s` : '');
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
if (values.svg) writeFileSync(values.svg, plot(plots, end));
