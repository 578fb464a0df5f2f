// Hundreds of sessions, opened and closed at random moments, leave nothing behind.
import assert from 'node:assert/strict';
import { scene } from '../support/scene.mjs';
import { until, within } from '../support/wait.mjs';

async function churn(tab, url, options) {
    const ends = await within(240000, `${options.count} sessions`, tab.page.evaluate(
        ({ url, options }) => globalThis.peer.churn(url, options), { url, options }));
    const unexpected = Object.keys(ends).filter((end) => /refused|failed/.test(end));
    assert.deepEqual(unexpected, [], JSON.stringify(ends));
    return ends;
}

// Waits until no session is left, and gives what the process holds then.
async function rest(pipeline, url, baseline) {
    return until(30000, `no session left (${JSON.stringify(baseline)})`, () => {
        const now = pipeline.usage();
        const over = baseline &&
            (now.threads > baseline.threads || now.descriptors > baseline.descriptors);
        return !over && now;
    }, 250);
}

async function leavesNothing(it, string, publish) {
    const pipeline = it.pipeline(string);
    const [url] = await pipeline.uris();
    const quiet = pipeline.usage();
    const tab = await (await it.browser('chromium')).peer();
    const limit = { threads: quiet.threads, descriptors: quiet.descriptors + 1 };
    await churn(tab, url, { count: 60, parallel: 4, seed: 1, publish });
    // Encoders and pools that the first sessions made may stay.
    const warm = await until(30000, 'the end of the first sessions', () => {
        const now = pipeline.usage();
        return now.descriptors <= limit.descriptors && now;
    }, 250);
    const ends = await churn(tab, url, { count: 300, parallel: 4, seed: 7, publish });
    assert.equal(Object.keys(ends).length, 6, JSON.stringify(ends));
    const after = await rest(pipeline, url, warm).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify({ quiet, warm, now: pipeline.usage() })} ` +
            pipeline.threads().join(' '));
    });
    const growth = after.kilobytes - warm.kilobytes;
    assert.ok(growth < 20480, `memory grew by ${growth} kB: ${JSON.stringify({ quiet, warm, after })}`);
    assert.equal(await pipeline.stop(), 0);
}

scene('300 viewers', 400, (it) => leavesNothing(it,
    'videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=15/1 ! ' +
    'rtcsink name=l ice-timeout=2000 consent-timeout=3000 signaling="whepserver port=0 rate-limit=0" ' +
    'audiotestsrc is-live=true ! l.', false));

scene('300 callers', 400, (it) => leavesNothing(it,
    'rtcsrc ice-timeout=2000 consent-timeout=3000 signaling="whipserver port=0 rate-limit=0" ! ' +
    'fakesink async=false', true));
