// When things are in a recording: a caller flashes and beeps at the same moments, and starts late.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { scene } from '../support/scene.mjs';
import { judge } from '../support/recording.mjs';
import { beeps, flashes } from '../support/flashbeep.mjs';
import { until } from '../support/wait.mjs';

const caller = fileURLToPath(new URL('../support/flashbeep.py', import.meta.url));
// RTC_CALL_SECONDS=600 is the long form (docs/recording.md).
const long = Number(process.env.RTC_CALL_SECONDS ?? 16);
const call = (it, url, lateMs = 0, cameraMs = 0) =>
    it.run('/usr/bin/python3', [caller, url, String(lateMs), String(cameraMs)]);
const sizeOf = (folder, name) => {
    try {
        return statSync(path.join(folder, name)).size;
    } catch {
        return 0;
    }
};

function whole(verdict, atLeast) {
    assert.equal(verdict.complaints, '', verdict.file);
    assert.ok(verdict.seconds >= atLeast, `${verdict.file} lasts ${verdict.seconds} s of ${atLeast}`);
    assert.ok(Math.abs(verdict.declaredSeconds - verdict.seconds) < 0.1,
        `${verdict.file} declares ${verdict.declaredSeconds} s and lasts ${verdict.seconds}`);
}

scene('sound and picture by their captures, however late one comes', 90 + 2 * long, async (it, context) => {
    const folder = it.folder();
    const pipeline = it.pipeline('rtcsrc signaling="whipserver port=0" : ' +
        `rtcrecordsink transcode=${process.env.RTC_TRANSCODE ?? 'never'} location="${folder}/call.mkv"`);
    const [url] = await pipeline.uris();
    const program = call(it, url, 150);
    await pipeline.message('rtc-recording-started');
    await until(60000 + 2000 * long, `${long} seconds`,
        () => sizeOf(folder, 'call.mkv.part') > 0 && lasting(folder, 'call.mkv.part') > long, 20 * long);
    await program.stop('SIGTERM');
    assert.equal(await pipeline.stop('SIGINT'), 0);
    const file = path.join(folder, 'call.mkv');
    whole(await judge(file), long);
    const heard = await beeps(file);
    const seen = await flashes(file);
    const apart = seen.slice(1).map((time) => [time, time - heard.reduce((best, other) =>
        Math.abs(other - time) < Math.abs(best - time) ? other : best)]);
    // Until both have reported, nobody can know; then it takes ten times what is to be corrected.
    const settled = apart.filter(([time]) => time > 10);
    assert.ok(settled.length >= 4, JSON.stringify(apart));
    // Ten at a time: a machine that is short of time may show one flash a picture late.
    const usual = [];
    for (let i = 0; i < settled.length; i += 10)
        usual.push(median(settled.slice(i, i + 10).map(([, distance]) => distance)));
    for (const distance of usual)
        assert.ok(Math.abs(distance) < 0.02, `sound and picture are apart: ${JSON.stringify(usual)}`);
    const { tracks } = JSON.parse(readFileSync(path.join(folder, 'call.json'), 'utf8'));
    for (const track of tracks) {
        assert.ok(long < 40 || track.clock_watched_ns > (long - 30) * 1e9, JSON.stringify(tracks));
        // One machine, one clock.
        assert.ok(Math.abs(track.clock_drift_ns ?? 0) < 20e6, JSON.stringify(tracks));
        assert.ok(Math.abs(track.sync_error_ns ?? 0) < 20e6, JSON.stringify(tracks));
    }
    const told = (seconds) => `${(seconds * 1000).toFixed(1)} ms`;
    context.diagnostic(`${long} s: apart ${told(usual[0])} first, ${told(usual.at(-1))} at the end; ` +
        tracks.filter((t) => t.clock_watched_ns).map((t) => `${t.kind} ${t.clock_drift_ppm} ppm, ${(t.sync_error_ns / 1e6).toFixed(2)} ms off`).join('; '));
});

const median = (values) => [...values].sort((one, other) => one - other)[values.length >> 1];

function lasting(folder, name) {
    const out = execFileSync('ffprobe', ['-v', 'quiet', '-of', 'csv=p=0', '-show_entries',
        'packet=pts_time', path.join(folder, name)], { maxBuffer: 1 << 26 }).toString();
    return Math.max(0, ...out.trim().split('\n').map(Number).filter(Number.isFinite));
}

scene('a camera that comes three seconds late', 90, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline('rtcsrc signaling="whipserver port=0" : ' +
        `rtcrecordsink location="${folder}/call.mkv"`);
    const [url] = await pipeline.uris();
    const program = call(it, url, 0, 3000);
    await pipeline.message('rtc-recording-started');
    await until(60000, 'a part for the camera', () => readdirSync(folder).some((name) => /\.2\+\d+\.part$/.test(name)));
    await until(60000, 'six seconds', () => lasting(folder, 'call.mkv.part') > 6);
    await program.stop('SIGTERM');
    assert.equal(await pipeline.stop('SIGINT'), 0);
    assert.deepEqual(readdirSync(folder).sort(), ['call.json', 'call.mkv']);
    const verdict = await judge(path.join(folder, 'call.mkv'));
    whole(verdict, 6);
    assert.equal(verdict.streams.length, 2);
    assert.ok(verdict.video.startsWithKeyframe);
    assert.ok(verdict.video.start > 1 && verdict.video.start < verdict.audio.end, JSON.stringify(verdict));
});
