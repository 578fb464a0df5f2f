// When a recording of flashbeep.py flashes and beeps, in seconds.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
// The times at which what a filter measures rises above a limit.
async function rises(file, stream, filter, key, limit) {
    const print = `${stream === 'a' ? 'ametadata' : 'metadata'}=print:key=${key}:file=-`;
    const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-copyts', '-i', file, '-map', `0:${stream}`,
        stream === 'a' ? '-af' : '-vf', `${filter},${print}`, '-fps_mode', 'passthrough', '-f', 'null', '-'],
    { maxBuffer: 1 << 28 });
    const times = [];
    let time = 0;
    let above = true;
    for (const line of stdout.split('\n')) {
        const at = /pts_time:([\d.]+)/.exec(line);
        if (at) time = Number(at[1]);
        if (!line.startsWith(`${key}=`)) continue;
        const value = Number(line.slice(key.length + 1));
        if (value > limit && !above) times.push(time);
        above = value > limit;
    }
    return times;
}

/** Each beep, by the time of the packet (10 ms of sound) in which it begins. */
export const beeps = (file) =>
    rises(file, 'a', 'astats=metadata=1:reset=1', 'lavfi.astats.Overall.Peak_level', -20);

/** The first bright picture of each flash. */
export const flashes = (file) => rises(file, 'v', 'signalstats', 'lavfi.signalstats.YAVG', 100);
