// The recorder's fault matrix, second part: what changes in a call while it is recorded. Times are short
// here; RTC_FAULT_SECONDS=30 is the long form (docs/recording.md).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { scene } from '../support/scene.mjs';
import { call } from '../support/browser/peers.mjs';
import { checkManifest, judge, sizes } from '../support/recording.mjs';

const long = Number(process.env.RTC_FAULT_SECONDS ?? 3);
// What a test is about: so long is a hold, a silence.
const lasts = (ms) => new Promise((next) => setTimeout(next, ms));

const record = (location, more = '') =>
    `rtcsrc signaling="whipserver port=0" : rtcrecordsink location="${location}" ${more}`;
const frames = (caller, count) => caller.until(60000, `${count} frames`,
    (stats, n) => stats.sent.video.framesEncoded >= n, count);
const heard = (caller, count) => caller.until(60000, `${count} packets of sound`,
    (stats, n) => stats.sent.audio.packetsSent >= n, count);
const sent = async (caller) => (await caller.stats()).sent;

/** Frames more of each kind that is sent. */
async function goOn(caller, count = 30) {
    const { audio, video } = await sent(caller);
    if (video) await frames(caller, video.framesEncoded + count);
    if (audio) await heard(caller, audio.packetsSent + count);
}

/** A recorder of any callers, and a browser for them. */
async function recorder(it, ending = 'mkv') {
    const folder = it.folder();
    const pipeline = it.pipeline(record(`${folder}/{peer}.${ending}`));
    const [url] = await pipeline.uris();
    return { folder, pipeline, url, ending, browser: await it.browser('chromium') };
}

/** A caller that is recorded; end() hangs up and judges the file. */
async function recorded({ folder, pipeline, url, ending, browser }, name, options) {
    const caller = await call(browser, `${url}?name=${name}`, { width: 320, height: 180, ...options });
    const where = (fields) => fields.peer === name;
    await pipeline.message('rtc-recording-started', { ms: 30000, where });
    const end = async () => {
        const { seconds } = await caller.hangUp();
        const told = await pipeline.message('rtc-recording-finished', { ms: 30000, where });
        const file = path.join(folder, `${name}.${ending}`);
        const verdict = await judge(file);
        assert.equal(verdict.complaints, '');
        assert.equal(told.reason, 'hangup');
        const manifest = checkManifest(file, verdict);
        const about = JSON.stringify({ seconds, verdict, manifest }, null, 1);
        assert.ok(Math.abs(verdict.seconds - seconds) < 1, about);
        return { verdict, manifest, about, file };
    };
    return { caller, end };
}

/** Both tracks have one hole of that length, at the same time. */
function sameHole({ verdict, about }, kinds, seconds) {
    const holes = kinds.map((kind) => verdict[kind].gaps);
    for (const list of holes) {
        assert.equal(list.length, 1, about);
        const [[from, to]] = list;
        assert.ok(Math.abs(to - from - seconds) < 1, about);
        assert.ok(Math.abs(from - holes[0][0][0]) < 0.5 && Math.abs(to - holes[0][0][1]) < 0.5, about);
    }
}

scene('a twentieth of all packets is lost', 60 + 2 * long, async (it, context) => {
    try {
        execFileSync('nft', ['-f', '-'], { stdio: 'pipe', input: `table inet lossy {
            chain in {
                type filter hook input priority 0
                meta l4proto udp numgen random mod 100 < 5 drop
            }
        }` });
    } catch (error) {
        return context.skip(`package nftables, or the kernel's part of it, is missing: ${error.message}`);
    }
    it.atEnd(() => execFileSync('nft', ['delete', 'table', 'inet', 'lossy']));
    const { caller, end } = await recorded(await recorder(it), 'lossy', { codec: 'VP8' });
    await heard(caller, 100 * long);
    const { verdict, manifest, about } = await end();
    const sound = manifest.tracks.find((track) => track.kind === 'audio');
    // Each packet is 20 ms of sound; most that are lost are not sent again.
    const missing = verdict.audio.end - verdict.audio.start - sound.frames * 0.02;
    assert.ok(Math.abs(missing - sound.missing_ns / 1e9) < 0.1 + missing / 10, `${missing} s missing: ${about}`);
    assert.ok(sound.gaps > 0 || missing < 0.1, about);
    assert.ok(verdict.video.packets > 5 && verdict.video.startsWithKeyframe, about);
});

// One caller after the other: a browser that sends for several at once on a busy machine has holes of its own.
scene('held, muted, late: what is not there stays a hole on the timeline', 180 + 5 * long, async (it) => {
    const all = await recorder(it);
    /** A caller that does without something for a while; how long, in seconds, and the judged file. */
    const without = async (name, options, begin, end) => {
        const one = await recorded(all, name, options);
        await goOn(one.caller, options.held ? 0 : 60);
        const switched = Date.now();
        await begin(one.caller);
        await lasts(1000 * long);
        await end(one.caller);
        const seconds = (Date.now() - switched) / 1000;
        const connected = (Date.now() - one.caller.connectedAt) / 1000;
        await goOn(one.caller, 60);
        return { seconds, connected, ...await one.end() };
    };
    for (const kinds of [['audio'], ['video'], ['audio', 'video']]) {
        const result = await without(`held-${kinds.join('-')}`, { codec: kinds.length > 1 ? 'H264' : 'VP8' },
            (caller) => caller.hold(kinds), (caller) => caller.hold(kinds, false));
        sameHole(result, kinds, result.seconds);
        for (const track of result.manifest.tracks.filter(({ kind }) => kinds.includes(kind)))
            assert.ok(Math.abs(track.missing_ns / 1e9 - result.seconds) < 1, result.about);
    }
    const muted = await without('muted', { codec: 'VP8' }, (caller) => caller.mute(['audio', 'video']),
        (caller) => caller.mute(['audio', 'video'], false));
    assert.ok(muted.verdict.audio.largestGap < 1, muted.about);
    const late = await without('late', { codec: 'VP8', held: ['video'] }, () => {},
        (caller) => caller.hold(['video'], false));
    assert.ok(late.verdict.video.startsWithKeyframe, late.about);
    assert.ok(Math.abs(late.verdict.video.start - late.connected) < 1.5, `${late.connected}: ${late.about}`);
    assert.ok(late.verdict.audio.start < 0.1, late.about);
    assert.equal(await all.pipeline.stop('SIGINT'), 0);
});

for (const [ending, codecs] of [['mkv', ['VP8', 'H264']], ['mp4', ['H264']]])
    scene(`larger, smaller, turned: ${codecs.join(' and ')} in ${ending}`, 120, async (it) => {
        const all = await recorder(it, ending);
        const calls = await Promise.all(codecs.map((codec) => recorded(all, codec, { codec, source: 'drawn' })));
        const list = [[320, 180], [1280, 720], [320, 180], [180, 320], [320, 180]];
        await Promise.all(calls.map(({ caller }) => goOn(caller, 20)));
        for (const [w, h] of list.slice(1))
            await Promise.all(calls.map(async ({ caller }) => {
                await caller.resize(w, h);
                await caller.until(60000, `${w} × ${h}`, (stats, size) => stats.sent.video.frameWidth === size[0] &&
                    stats.sent.video.frameHeight === size[1], [w, h]);
                await goOn(caller, 20);
            }));
        for (const { end } of calls) {
            const { file, about } = await end();
            assert.deepEqual(await sizes(file), list.map((size) => size.join('x')), about);
        }
    });

// What a section is answered with is one codec; a caller that wants another one calls again.
scene('a caller that comes back with another codec', 90, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline(record(`${folder}/{peer}.mkv`, 'reconnect-timeout=60000'));
    const [url] = await pipeline.uris();
    const browser = await it.browser('chromium');
    for (const codec of ['VP8', 'H264']) {
        const caller = await call(browser, `${url}?name=ann`, { codec });
        await pipeline.message(codec === 'VP8' ? 'rtc-recording-started' : 'rtc-recording-segment', { ms: 30000 });
        await goOn(caller, 60);
        await caller.hangUp();
    }
    assert.equal(await pipeline.stop('SIGINT'), 0);
    const manifest = JSON.parse(readFileSync(path.join(folder, 'ann.json'), 'utf8'));
    const about = JSON.stringify(manifest, null, 1);
    assert.equal(manifest.reconnects, 1, about);
    assert.deepEqual(manifest.segments.map((s) => s.file), ['ann.mkv', 'ann-2.mkv'], about);
    let pictures = 0;
    for (const [index, codec] of ['vp8', 'h264'].entries()) {
        const verdict = await judge(path.join(folder, manifest.segments[index].file));
        assert.equal(verdict.complaints, '');
        assert.equal(verdict.video.codec, codec);
        assert.ok(Math.abs(manifest.segments[index].duration_ns / 1e9 - verdict.seconds) < 0.1, about);
        pictures += verdict.video.packets;
    }
    const counted = manifest.tracks.filter((t) => t.kind === 'video').reduce((sum, t) => sum + t.frames, 0);
    assert.equal(counted, pictures, about);
});
