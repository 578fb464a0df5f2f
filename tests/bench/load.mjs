// The load that senders are compared with: 720p30 H264 at 1.55 Mbit/s and Opus, encoded once, and
// kept in the build folder.
import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { Program } from '../support/process.mjs';
import { within } from '../support/wait.mjs';

export const build = process.env.RTC_TEST_BUILD;

/** The path of a clip of at least so many seconds. */
export async function clip(seconds) {
    const length = Math.ceil(seconds / 60) * 60;
    const file = path.join(build, `bench-${length}s.mkv`);
    if (existsSync(file)) return file;
    console.error(`encoding ${length} s of video…`);
    const encoder = new Program('gst-launch-1.0', [
        ...'matroskamux name=m ! filesink location='.concat(`${file}.part`).split(' '),
        ...(`videotestsrc num-buffers=${length * 30} pattern=smpte horizontal-speed=7 ! ` +
            'video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! ' +
            'x264enc tune=zerolatency speed-preset=ultrafast bitrate=1550 vbv-buf-capacity=300 key-int-max=60 ' +
            'option-string=nal-hrd=cbr ! ' +
            'video/x-h264,profile=constrained-baseline ! h264parse ! m. ' +
            `audiotestsrc num-buffers=${length * 50} samplesperbuffer=960 wave=pink-noise ! ` +
            'audio/x-raw,rate=48000,channels=2 ! opusenc bitrate=64000 ! m.').split(' '),
    ]);
    if ((await within(600000, 'the clip', encoder.exited)) !== 0) throw new Error(encoder.output);
    renameSync(`${file}.part`, file);
    return file;
}
