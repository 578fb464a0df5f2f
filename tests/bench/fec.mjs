// See tests/bench/fec.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openLink } from '../support/far.mjs';
import { Scene } from '../support/scene.mjs';
import { row } from './figures.mjs';

const { values } = parseArgs({
    options: {
        loss: { type: 'string', default: '0.05' },
        rtt: { type: 'string', default: '150' },
        seconds: { type: 'string', default: '30' },
        json: { type: 'string' },
    },
});
const seconds = Number(values.seconds);

async function measure(fec) {
    const it = new Scene();
    try {
        const pipeline = it.pipeline('videotestsrc is-live=true pattern=ball ! ' +
            'video/x-raw,width=640,height=360,framerate=30/1 ! rtcsink video-bitrate=1500000 ' +
            `fec=${fec} signaling="whepserver port=0"`);
        const [url] = await pipeline.uris();
        const link = await openLink(it, ['--delay', String(values.rtt / 2), '--loss', values.loss]);
        const viewer = link.watch(url, { audio: false, codec: 'VP8' });
        const { received: { video: before } } = await viewer.until(60000, 'pictures',
            ({ video }) => video?.framesDecoded > 60);
        link.impair();
        const { received: { video: after } } = await viewer.until((seconds + 60) * 1000, 'the end',
            ({ video }) => video.timestamp > before.timestamp + seconds * 1000);
        const grown = (name) => after[name] - before[name];
        return {
            lost: grown('packetsLost'),
            freezes: grown('freezeCount'),
            frozen_ms: Math.round(1000 * grown('totalFreezesDuration')),
            pictures: grown('framesDecoded'),
            waited_ms: Math.round(1000 * grown('jitterBufferDelay') / grown('jitterBufferEmittedCount')),
            kbytes: Math.round((grown('bytesReceived') + grown('headerBytesReceived')) / 1000),
        };
    } finally {
        await it.end();
    }
}

const rows = {};
const columns = ['lost', 'freezes', 'frozen_ms', 'pictures', 'waited_ms', 'kbytes'];
const widths = [4, ...columns.map((name) => name.length)];
console.log(row(widths, ['fec', ...columns]));
for (const fec of ['off', 'auto']) {
    rows[fec] = await measure(fec);
    console.log(row(widths, [fec, ...columns.map((name) => rows[fec][name])]));
}
if (values.json)
    writeFileSync(values.json, JSON.stringify({ ...values, rows }, null, 1) + '\n');
