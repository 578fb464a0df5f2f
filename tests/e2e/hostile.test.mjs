// Poor and hostile input: a clear 4xx, running sessions undisturbed, memory back where it was.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { scene } from '../support/scene.mjs';
import { call, watch } from '../support/browser/peers.mjs';
import { until, within } from '../support/wait.mjs';

const OFFER = readFileSync(new URL('../data/sdp/chromium-sendonly.sdp', import.meta.url), 'utf8');
const SDP = { 'Content-Type': 'application/sdp' };
const FRAGMENT = { 'Content-Type': 'application/trickle-ice-sdpfrag' };

const without = (pattern) => OFFER.replace(new RegExp(`^${pattern}.*\r?\n`, 'gm'), '');
const video = OFFER.slice(OFFER.indexOf('m=video'));

function manyLines(count) {
    const lines = Array.from({ length: count }, (_, i) => video.replace(/a=mid:.*/, `a=mid:v${i}`));
    const group = lines.map((_, i) => `v${i}`).join(' ');
    return OFFER.slice(0, OFFER.indexOf('m=')).replace(/a=group:BUNDLE.*/, `a=group:BUNDLE ${group}`)
        + lines.join('');
}

// what, method, path below the server, headers, body, the statuses that are right
const BAD = [
    ['garbage for a description', 'POST', '/whip', SDP, 'hello', [400]],
    ['binary garbage', 'POST', '/whip', SDP, Buffer.from(Array.from({ length: 4096 }, (_, i) => i * 97 % 256)), [400]],
    ['an empty body', 'POST', '/whip', SDP, '', [400]],
    ['a body of 1 MB', 'POST', '/whip', SDP, 'v=0\r\n'.padEnd(1 << 20, 'a=x\r\n'), [413]],
    ['JSON', 'POST', '/whip', { 'Content-Type': 'application/json' }, '{}', [415]],
    ['no type', 'POST', '/whip', { 'Content-Type': '' }, OFFER, [400, 415]],
    ['no fingerprint', 'POST', '/whip', SDP, without('a=fingerprint'), [400, 422]],
    ['an MD5 fingerprint', 'POST', '/whip', SDP,
        OFFER.replace(/a=fingerprint:.*/g, `a=fingerprint:md5 ${Array(16).fill('AB').join(':')}`), [400, 422]],
    ['a short fingerprint', 'POST', '/whip', SDP,
        OFFER.replace(/a=fingerprint:.*/g, 'a=fingerprint:sha-256 AB:CD'), [400, 422]],
    ['no ICE credentials', 'POST', '/whip', SDP, without('a=ice-(ufrag|pwd)'), [400, 422]],
    ['no media', 'POST', '/whip', SDP, OFFER.slice(0, OFFER.indexOf('m=')), [400, 422]],
    ['200 media sections', 'POST', '/whip', SDP, manyLines(200), [400, 413, 422]],
    ['three video sections', 'POST', '/whip', SDP, manyLines(3), [400, 422]],
    ['only codecs that nobody has', 'POST', '/whip', SDP, OFFER.replace(/a=rtpmap:(\d+) \w+/g, 'a=rtpmap:$1 X-none'), [400, 406, 422]],
    ['an answer in place of an offer', 'POST', '/whip', SDP, OFFER.replace(/a=setup:actpass/g, 'a=setup:active').replace(/sendonly/g, 'recvonly'), [400, 422]],
    ['a caller at the viewers\' door', 'POST', '/whep', SDP, OFFER, [400, 422]],
    ['an unknown session', 'DELETE', '/whip/3f1c2a9e', {}, undefined, [404]],
    ['a candidate for an unknown session', 'PATCH', '/whip/3f1c2a9e', FRAGMENT, 'a=end-of-candidates\r\n', [404]],
    ['a path out of the tree', 'GET', '/../../etc/passwd', {}, undefined, [400, 404]],
    ['an encoded path out of the tree', 'GET', '/%2e%2e/%2e%2e/etc/passwd', {}, undefined, [400, 404]],
    ['an unknown page', 'GET', '/nothing', {}, undefined, [404]],
    ['a method that is not there', 'PUT', '/whip', SDP, OFFER, [405]],
    ['DELETE of the endpoint', 'DELETE', '/whip', {}, undefined, [404, 405]],
];

// The status of a POST on a connection of its own, which is closed after it.
function postAlone(url, body) {
    return new Promise((resolve, reject) => {
        const it = request(url, { method: 'POST', headers: SDP, agent: false }, (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode));
        });
        it.on('error', reject);
        it.end(body);
    });
}

async function server(it, options = '') {
    const port = 18080;
    const pipeline = it.pipeline(
        `rtcsrc ${options} name=calls signaling="whipserver port=${port} max-sessions=60" ! fakesink async=false ` +
        `videotestsrc is-live=true ! rtcsink ${options} signaling="whepserver port=${port}"`);
    await pipeline.uris(2);
    return { pipeline, base: `http://localhost:${port}` };
}

scene('each bad request gets a clear 4xx, and running sessions go on', 120, async (it) => {
    const { pipeline, base } = await server(it);
    const browser = await it.browser('chromium');
    const caller = await call(browser, `${base}/whip`, { codec: 'VP8' });
    const viewer = await watch(browser, `${base}/whep`, { audio: false });
    await viewer.frames(30);
    const session = new URL(caller.location).pathname;
    const late = [
        ['garbage for a candidate', 'PATCH', session, FRAGMENT, 'hello', [400, 422]],
        ['a candidate of a wrong type', 'PATCH', session, SDP, OFFER, [400, 415, 422]],
        ['someone else\'s credentials', 'PATCH', session, FRAGMENT,
            'a=ice-ufrag:evil\r\na=ice-pwd:evilevilevilevilevilevil\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n',
            [400, 412, 422, 428]],
        ['a POST to a session', 'POST', session, SDP, OFFER, [405]],
    ];
    for (const [what, method, path, headers, body, statuses] of [...BAD, ...late]) {
        const response = await within(5000, what, fetch(base + path, { method, headers, body }));
        const text = await response.text();
        assert.ok(statuses.includes(response.status), `${what}: ${response.status} ${text}`);
        if (method === 'POST' && response.status !== 405) {
            assert.match(response.headers.get('content-type') ?? '', /application\/problem\+json/, what);
            const problem = JSON.parse(text);
            assert.ok(problem.title && problem.detail?.length > 10, `${what}: ${text}`);
            assert.equal(problem.status ?? response.status, response.status);
        }
    }
    const packets = (await caller.stats()).sent.video.packetsSent;
    await caller.until(10000, 'the caller still sends', (s, n) => s.sent.video.packetsSent > n + 30, packets);
    const frames = (await viewer.stats()).received.video.framesDecoded;
    await viewer.frames(frames + 30);
    assert.deepEqual(pipeline.messages('rtc-session-ended').map((m) => m.reason).filter((r) => r !== 'rejected'), []);
    assert.equal(pipeline.ended, undefined);
});

scene('a caller with a false fingerprint is refused before any media', 60, async (it) => {
    const { pipeline, base } = await server(it);
    const browser = await it.browser('chromium');
    const lie = "(sdp) => sdp.replace(/(a=fingerprint:sha-256 )(..)/g, (_, a, b) => a + (b === '00' ? '11' : '00'))";
    await call(browser, `${base}/whip`, { mangle: lie, wait: false });
    const ended = await pipeline.message('rtc-session-ended');
    assert.equal(ended.reason, 'security', JSON.stringify(ended));
    assert.deepEqual(pipeline.messages('rtc-session-started'), []);
});

scene('100 callers that never connect are forgotten: threads, descriptors, memory', 180, async (it) => {
    const { pipeline, base } = await server(it, 'ice-timeout=1500');
    const browser = await it.browser('chromium');
    const caller = await call(browser, `${base}/whip`, { codec: 'VP8' });
    await caller.until(10000, 'media is sent', (s) => s.sent?.video?.packetsSent > 30);
    const flood = async () => {
        const before = pipeline.messages('rtc-session-ended').length;
        const answers = await Promise.all(Array.from({ length: 100 }, () =>
            postAlone(`${base}/whip`, OFFER)));
        const accepted = answers.filter((status) => status === 201).length;
        assert.ok(accepted > 0, String(answers));
        assert.deepEqual(answers.filter((status) => ![201, 429, 503].includes(status)), []);
        await until(60000, 'the end of what never connected', () =>
            pipeline.messages('rtc-session-ended').length >= before + accepted, 200);
    };
    const settled = (limits) => until(20000, 'threads and descriptors back where they were', () => {
        const now = pipeline.usage();
        return now.threads <= limits.threads && now.descriptors <= limits.descriptors && now;
    }, 200).catch((error) => {
        const now = { ...pipeline.usage(), names: pipeline.threads().join(' ') };
        throw new Error(`${error.message}: ${JSON.stringify({ limits, now })}`);
    });
    const quiet = pipeline.usage();
    await flood(); // fills caches and pools
    const first = await settled(quiet);
    await flood();
    await flood();
    const last = await settled(quiet);
    assert.ok(last.kilobytes < first.kilobytes + 16384, JSON.stringify({ first, last }));
    const packets = (await caller.stats()).sent.video.packetsSent;
    await caller.until(10000, 'the caller still sends', (s, n) => s.sent.video.packetsSent > n + 30, packets);
    assert.equal((await caller.hangUp()).status, 200);
});

scene('slow requests are dropped and hold up nobody', 60, async (it) => {
    const { base } = await server(it);
    const port = Number(new URL(base).port);
    const closed = Array.from({ length: 40 }, () => new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () =>
            socket.write('POST /whip HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Le'));
        socket.on('error', () => {});
        socket.on('close', resolve);
    }));
    const response = await within(3000, 'a request beside slow ones', fetch(`${base}/whip`, { method: 'OPTIONS' }));
    assert.ok(response.ok, String(response.status));
    await within(30000, 'the end of the slow ones', Promise.all(closed));
});
