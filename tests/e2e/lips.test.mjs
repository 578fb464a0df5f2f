// Sound and picture together in a browser, though the picture is sent later than the sound. It is
// Chromium that is asked: on a machine without a sound card Firefox runs no AudioContext.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scene } from '../support/scene.mjs';
import { watch } from '../support/browser/peers.mjs';

const publisher = fileURLToPath(new URL('../support/publisher.py', import.meta.url));
const caller = fileURLToPath(new URL('../support/flashbeep.py', import.meta.url));
const script = readFileSync(new URL('../support/browser/lips.js', import.meta.url), 'utf8');
const late = 350; // milliseconds
const allowed = 100; // what half the flashes keep to; the page's own clockwork takes part of it

/** Waits until most of six flashes on end are shown with their beeps. */
async function together(viewer) {
    await viewer.frames(30);
    await viewer.tab.evaluate(async ({ source, id }) => {
        (0, eval)(source);
        globalThis.apart = await globalThis.lips.watch(globalThis.peer.peers.get(id).video);
    }, { source: script, id: viewer.id });
    const apart = () => viewer.tab.evaluate(() => globalThis.apart().map(Math.round));
    try {
        await viewer.tab.waitFor(90_000, 'sound and picture together', (most) => {
            const last = globalThis.apart().slice(-6);
            return last.length === 6 && last.filter((distance) => Math.abs(distance) < most).length > 3;
        }, allowed);
    } catch (error) {
        throw new Error(`${error.message}: ${await apart()}`);
    }
    return await apart();
}

async function published(it, browser) {
    const sender = it.run('/usr/bin/python3', [publisher,
        `{picture} ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ` +
        `min-threshold-time=${late}000000 ! rtcsink name=live signaling="whepserver port=0" ` +
        '{sound} ! live.']);
    const { uri } = await sender.event('ready');
    return together(await watch(browser, uri));
}

async function relayed(it, browser) {
    const pipeline = it.pipeline('rtcsrc signaling="whipserver port=0" : ' +
        'rtcsink signaling="whepserver port=0"');
    const uris = await pipeline.uris(2);
    const [whip, whep] = ['whip', 'whep'].map((end) => uris.find((uri) => uri.endsWith(end)));
    it.run('/usr/bin/python3', [caller, whip, String(late)]);
    await pipeline.message('rtc-session-started');
    return together(await watch(browser, whep));
}

scene('a picture is shown with its sound, from its source and relayed', 180, async (it, context) => {
    const browser = await it.browser('chromium');
    const all = await Promise.all([published(it, browser), relayed(it, browser)]);
    context.diagnostic(`milliseconds apart: ${JSON.stringify(all)}`);
});
