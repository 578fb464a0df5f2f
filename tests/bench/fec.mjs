// See tests/bench/fec.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openLink, withoutAttributes } from '../support/far.mjs';
import { Scene } from '../support/scene.mjs';
import { row } from './figures.mjs';

const { values } = parseArgs({
    options: {
        codec: { type: 'string', default: 'VP8' },
        loss: { type: 'string', default: '0.05' },
        rtt: { type: 'string', default: '150' },
        seconds: { type: 'string', default: '30' },
        json: { type: 'string' },
    },
});
const seconds = Number(values.seconds);

// What Chromium takes of the two, by what is left in its offer.
const formats = {
    off: { fec: 'off' },
    ulpfec: { fec: 'auto', mangle: withoutAttributes('rtpmap:\\d+ flexfec') },
    flexfec: { fec: 'auto' },
};
if (!/^VP[89]$/.test(values.codec)) delete formats.ulpfec;

async function measure({ fec, mangle }) {
    const it = new Scene();
    try {
        const pipeline = it.pipeline('videotestsrc is-live=true pattern=ball ! ' +
            'video/x-raw,width=640,height=360,framerate=30/1 ! rtcsink video-bitrate=1500000 ' +
            `fec=${fec} signaling="whepserver port=0"`);
        const [url] = await pipeline.uris();
        const link = await openLink(it, ['--delay', String(values.rtt / 2), '--loss', values.loss]);
        const viewer = link.watch(url, { audio: false, codec: values.codec, mangle });
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
const widths = [7, ...columns.map((name) => name.length)];
console.log(row(widths, ['fec', ...columns]));
for (const [name, format] of Object.entries(formats)) {
    rows[name] = await measure(format);
    console.log(row(widths, [name, ...columns.map((column) => rows[name][column])]));
}
if (values.json)
    writeFileSync(values.json, JSON.stringify({ ...values, rows }, null, 1) + '\n');
