// Judges a recorded file as a player would: by ffprobe, and by decoding every frame of it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

async function probe(file) {
    const { stdout } = await run('ffprobe', [
        '-v', 'error', '-of', 'json', '-show_streams', '-show_format', '-show_packets',
        '-show_entries', 'packet=stream_index,pts_time,duration_time,flags', file,
    ], { maxBuffer: 1 << 28 });
    return JSON.parse(stdout);
}

/**
 * What is in the file: its streams with codec, size, first and last time and packets, where nothing comes for
 * a second, the seconds
 * that the media lasts, and what the decoder complained about ('' when every frame decodes).
 */
export async function judge(file) {
    const { streams, packets, format } = await probe(file);
    const decoded = await run('ffmpeg', [
        '-nostdin', '-v', 'warning', '-xerror', '-i', file, '-map', '0',
        // Times as they are in the file: no frame rate is made up, none is dropped or doubled.
        '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-autoscale', '0', '-f', 'null', '-',
    ]).then((r) => r.stderr, (error) => `${error.stderr}${error.message}`);
    const result = streams.map((stream) => {
        const own = packets.filter((p) => p.stream_index === stream.index);
        const times = own.map((p) => Number(p.pts_time));
        const last = own[times.indexOf(Math.max(...times))];
        return {
            kind: stream.codec_type,
            codec: stream.codec_name,
            width: stream.width,
            height: stream.height,
            channels: stream.channels,
            packets: own.length,
            startsWithKeyframe: own[0]?.flags.includes('K'),
            start: Math.min(...times),
            end: Number(last?.pts_time) + Number(last?.duration_time ?? 0),
            gaps: times.slice(1).map((t, i) => [times[i], t]).filter(([from, to]) => to - from > 1),
            largestGap: times.slice(1).reduce((gap, t, i) => Math.max(gap, t - times[i]), 0),
        };
    });
    const start = Math.min(...result.map((s) => s.start));
    const end = Math.max(...result.map((s) => s.end));
    return {
        file,
        streams: result,
        video: result.find((s) => s.kind === 'video'),
        audio: result.find((s) => s.kind === 'audio'),
        seconds: end - start,
        declaredSeconds: Number(format.duration),
        complaints: decoded.trim(),
    };
}

/**
 * Holds the manifest beside a file of one segment to what is in the file, track by track, and gives it.
 * `truth` is what judge() gave for the file.
 */
export function checkManifest(file, truth) {
    const manifest = JSON.parse(readFileSync(file.replace(/\.\w+$/, '.json'), 'utf8'));
    const about = JSON.stringify({ manifest, truth }, null, 1);
    const near = (one, other, tolerance) => assert.ok(Math.abs(one - other) <= tolerance, `${one}, ${other}: ${about}`);
    assert.equal(manifest.state, 'finished', about);
    assert.equal(manifest.segments.length, 1, about);
    assert.equal(manifest.segments[0].whole, true, about);
    assert.equal(manifest.segments[0].bytes, statSync(file).size, about);
    near(manifest.duration_ns / 1e9, truth.seconds, 0.1);
    assert.equal(manifest.tracks.length, truth.streams.length, about);
    for (const track of manifest.tracks) {
        const stream = truth[track.kind];
        assert.equal(track.codec.toLowerCase(), stream.codec, about);
        assert.equal(track.frames, stream.packets, about);
        near(track.first_ns / 1e9, stream.start, 0.05);
        near(track.end_ns / 1e9, stream.end, 0.1);
    }
    return manifest;
}

/** The sizes of a file's pictures, "640x360", each once in a row. */
export async function sizes(file) {
    const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries',
        'frame=width,height', '-of', 'csv=p=0:s=x', file], { maxBuffer: 1 << 26 });
    return stdout.split('\n').map((line) => line.replace(/x?\s*$/, '')).filter((line, i, all) => line && line !== all[i - 1]);
}
