// Judges a recorded file as a player would: by ffprobe, and by decoding every frame of it.
import { execFile } from 'node:child_process';
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
 * What is in the file: its streams with codec, size, first and last time and packets, the seconds
 * that the media lasts, and what the decoder complained about ('' when every frame decodes).
 */
export async function judge(file) {
    const { streams, packets, format } = await probe(file);
    const decoded = await run('ffmpeg', [
        '-nostdin', '-v', 'warning', '-xerror', '-i', file, '-map', '0',
        // Times as they are in the file: no frame rate is made up, none is dropped or doubled.
        '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'null', '-',
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
