// A meeting becomes one file: a grid of pictures, one sound, from the first caller to the last.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { scene } from '../support/scene.mjs';
import { call } from '../support/browser/peers.mjs';
import { judge } from '../support/recording.mjs';

const program = path.join(process.env.RTC_TEST_BUILD, 'pipelines/rtc-record-mixed');
const run = promisify(execFile);

/** Brightness of a part of the picture (x:y:w:h in shares of it), frame by frame. */
async function brightness(file, [x, y, w, h]) {
    const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-map', '0:v', '-vf',
        `crop=iw*${w}:ih*${h}:iw*${x}:ih*${y},signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-`,
        '-fps_mode', 'passthrough', '-f', 'null', '-'], { maxBuffer: 1 << 26 });
    return [...stdout.matchAll(/YAVG=([\d.]+)/g)].map((match) => Number(match[1]));
}

const more = (caller, frames) => caller.until(60000, 'media is sent',
    (stats, n) => stats.sent.video.framesEncoded >= n, frames);

scene('two callers who come and go, then another one: two files', 150, async (it) => {
    const folder = it.folder();
    const service = it.run(program, ['--port', '0', '--width', '640', '--height', '360', '--fps', '15',
        '--location', `${folder}/meeting.mkv`]);
    const url = await service.line(30000, 'where it waits for calls',
        (line) => /^Waiting for calls at (\S+)/.exec(line)?.[1]);
    const browser = await it.browser('chromium');
    const options = { codec: 'VP8', width: 320, height: 180 };
    const first = await call(browser, `${url}?name=first`, options);
    await service.line(30000, 'the recording', (line) => line.startsWith('Recording '));
    await more(first, 60);
    const second = await call(browser, `${url}?name=second`, options);
    await more(second, 90);
    await first.hangUp();
    await service.line(30000, 'the first one has gone', (line) => /\(first\) has gone/.test(line));
    await more(second, (await second.stats()).sent.video.framesEncoded + 60);
    await second.hangUp();
    await service.line(30000, 'the file', (line) => line.startsWith('Recorded '));
    const seconds = (Date.now() - first.connectedAt) / 1000;

    const later = await call(browser, `${url}?name=later`, options);
    await service.line(30000, 'another recording', (line) => line.startsWith('Recording ') && line.includes('-2.mkv'));
    await more(later, 60);
    assert.equal(await service.stop('SIGTERM', 40000), 0, service.output);
    assert.deepEqual(readdirSync(folder).sort(),
        ['meeting-2.json', 'meeting-2.mkv', 'meeting.json', 'meeting.mkv'], service.output);

    const file = path.join(folder, 'meeting.mkv');
    for (const name of ['meeting.mkv', 'meeting-2.mkv']) {
        const verdict = await judge(path.join(folder, name));
        assert.equal(verdict.complaints, '');
        assert.equal(verdict.streams.length, 2, JSON.stringify(verdict));
        assert.deepEqual([verdict.video.width, verdict.video.height], [640, 360]);
        assert.ok(verdict.video.packets > 15 && verdict.audio.packets > 50, JSON.stringify(verdict));
    }
    const { seconds: lasts } = await judge(file);
    assert.ok(Math.abs(lasts - seconds) < 3, `${lasts} s of ${seconds}`);

    // One picture fills the screen; two stand side by side, with nothing above them.
    const top = await brightness(file, [0, 0.02, 1, 0.15]);
    const left = await brightness(file, [0.1, 0.4, 0.3, 0.2]);
    const right = await brightness(file, [0.6, 0.4, 0.3, 0.2]);
    const black = 20; // of the screen; 0 is in the pictures, too
    const both = top.map((value, i) => value < black && left[i] > black && right[i] > black);
    const alone = top.map((value) => value > 2 * black);
    const about = JSON.stringify({ top, left, right });
    assert.ok(both.filter(Boolean).length > 10, about);
    assert.ok(alone.indexOf(true) < both.indexOf(true), about);
    assert.ok(alone.lastIndexOf(true) > both.lastIndexOf(true), about);
});
