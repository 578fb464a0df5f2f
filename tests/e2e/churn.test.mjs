// Hundreds of sessions, opened and closed at random moments, leave nothing behind.
import assert from 'node:assert/strict';
import { scene } from '../support/scene.mjs';
import { until, within } from '../support/wait.mjs';

async function churn(pipeline, tab, url, options) {
    const ends = await within(240000, `${options.count} sessions`, tab.page.evaluate(
        ({ url, options }) => globalThis.peer.churn(url, options), { url, options }));
    assert.equal(pipeline.ended, undefined, pipeline.output.slice(-2000));
    const unexpected = Object.keys(ends).filter((end) => /refused|failed/.test(end));
    assert.deepEqual(unexpected, [], `${JSON.stringify(ends)}\n${pipeline.output.slice(-2000)}`);
    return ends;
}

// What the process holds when no session is left. Connections of the browser don't count: it keeps
// some open as it likes.
async function atRest(pipeline) {
    const session = /^(webrtcbin|nicesrc|dtls|rtpjitter|rtpsession)/;
    await until(40000, 'the end of all sessions', () => {
        const left = pipeline.threads().filter((name) => session.test(name));
        if (left.length) throw new Error(left.join(' '));
        return true;
    }, 250);
    let last;
    return until(20000, 'quiet', () => {
        const { tcp = 0, ...kinds } = pipeline.descriptors();
        const now = { ...pipeline.usage(), kinds, names: pipeline.threads().join(' ') };
        now.descriptors -= tcp;
        const same = last?.threads === now.threads && last?.descriptors === now.descriptors;
        last = now;
        return same && now;
    }, 1000);
}

async function leavesNothing(it, string, publish) {
    const pipeline = it.pipeline(string);
    const [url] = await pipeline.uris();
    const tab = await (await it.browser('chromium')).peer();
    // The first ones make encoders and fill pools, which may stay.
    await churn(pipeline, tab, url, { count: 60, parallel: 4, seed: 1, publish });
    const warm = await atRest(pipeline);
    const ends = await churn(pipeline, tab, url, { count: 300, parallel: 4, seed: 7, publish });
    assert.equal(Object.keys(ends).length, 6, JSON.stringify(ends));
    // Connections that the browser gave up half-way end with the server's own deadline.
    const after = await until(60000, 'as much as before', async () => {
        const now = await atRest(pipeline);
        const both = JSON.stringify({ warm, now }, null, 1);
        if (now.threads > warm.threads || now.descriptors > warm.descriptors) throw new Error(both);
        return now;
    }, 2000);
    const both = JSON.stringify({ warm, after }, null, 1);
    assert.ok(after.kilobytes < warm.kilobytes + 20480, both);
    assert.equal(await pipeline.stop(), 0);
}

scene('300 viewers', 400, (it) => leavesNothing(it,
    'videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=15/1 ! ' +
    'rtcsink name=l ice-timeout=2000 consent-timeout=3000 signaling="whepserver port=0 rate-limit=0" ' +
    'audiotestsrc is-live=true ! l.', false));

scene('300 callers, each recorded', 400, (it) => leavesNothing(it,
    'rtcsrc ice-timeout=2000 consent-timeout=3000 signaling="whipserver port=0 rate-limit=0" : ' +
    `rtcrecordsink location="${it.folder()}/{session}.mkv"`, true));
