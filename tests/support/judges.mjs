// What several tests assert about media.
import { until } from './wait.mjs';

const CODERS = /^(vp[89]|av1|x26[45]|openh264|opus|svtav1|rav1|avdec_.*|avenc_.*|va.*|nv.*|v4l2.*)(enc|dec)?$/;

function coders(output, kind) {
    const made = {};
    for (const [, name] of output.matchAll(/creating element "([\w-]+)"/g))
        if (CODERS.test(name) && name.includes(kind)) made[name] = (made[name] ?? 0) + 1;
    return made;
}

/** Encoders that a pipeline made, by name: from its log of GST_ELEMENT_FACTORY:4. */
export const encodersMade = (output) => coders(output, 'enc');
/** Decoders, likewise. */
export const decodersMade = (output) => coders(output, 'dec');

/** The viewer's video shows a picture: not all of one colour. */
export async function showsPicture(viewer) {
    await until(10000, 'a picture', async () => {
        const pixels = await viewer.pixels();
        return pixels && Math.max(...pixels) - Math.min(...pixels) > 50;
    });
}

/** The viewer's video moves: two looks differ. */
export async function showsMotion(viewer) {
    const first = await until(10000, 'a picture', () => viewer.pixels());
    await until(10000, 'a picture that moves', async () => {
        const now = await viewer.pixels();
        return now.some((value, i) => Math.abs(value - first[i]) > 2);
    });
}
