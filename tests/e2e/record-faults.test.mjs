// The recorder's fault matrix: what stops a recorder in the middle of a call, and what is left then.
// Rounds are few here; RTC_FAULT_ROUNDS=20 is the long form (docs/recording.md).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { scene } from '../support/scene.mjs';
import { call } from '../support/browser/peers.mjs';
import { judge } from '../support/recording.mjs';
import { until } from '../support/wait.mjs';

const rounds = Number(process.env.RTC_FAULT_ROUNDS ?? 2);
// A second of media, and what a busy machine takes to deliver it.
const mayBeLost = 1.5;

const record = (location) =>
    `rtcsrc signaling="whipserver port=0" : rtcrecordsink location="${location}"`;
const files = (folder, ending) => readdirSync(folder).filter((name) => name.endsWith(ending));
const sending = (caller, packets) => caller.until(30000, 'media is sent',
    (stats, n) => Object.values(stats.sent ?? {}).every((t) => t.packetsSent > n), packets);

for (const [ending, codec] of [['mkv', 'VP8'], ['mp4', 'H264']])
    scene(`kill -9 at a random moment: ${ending} plays, at most a second is lost`, 60 * rounds, async (it) => {
        const browser = await it.browser('chromium');
        for (let round = 0; round < rounds; round++) {
            const folder = it.folder();
            const pipeline = it.pipeline(record(`${folder}/{session}.${ending}`));
            const [url] = await pipeline.uris();
            const caller = await call(browser, `${url}?name=caller`, { codec });
            await pipeline.message('rtc-recording-started');
            await sending(caller, 50 + Math.random() * 200);
            const seconds = (Date.now() - caller.connectedAt) / 1000;
            await pipeline.stop('SIGKILL');

            const next = it.pipeline(record(`${folder}/{session}.${ending}`));
            const { location } = await next.message('rtc-recording-leftover', { ms: 30000 });
            const verdict = await judge(location);
            assert.equal(verdict.complaints, '', `round ${round}`);
            assert.equal(verdict.streams.length, 2, JSON.stringify(verdict));
            assert.ok(verdict.seconds > seconds - mayBeLost,
                `round ${round}: ${seconds} s were sent; ${JSON.stringify(verdict, null, 1)}`);
            assert.deepEqual(files(folder, '.part'), []);
            await next.stop('SIGINT');
            await caller.tab.close();
        }
    });

scene('a full disk ends one recording, whose file plays; the pipeline and the other calls go on', 120, async (it, context) => {
    const folder = it.folder();
    const small = path.join(folder, 'small');
    execFileSync('mkdir', [small]);
    try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', small], { stdio: 'pipe' });
    } catch (error) {
        return context.skip(`mounting is not allowed here: ${error.message}`);
    }
    it.atEnd(() => execFileSync('umount', [small]));
    const pipeline = it.pipeline(record(`${small}/{peer}.mkv`));
    const [url] = await pipeline.uris();
    const browser = await it.browser('chromium');
    const caller = await call(browser, `${url}?name=caller`, { codec: 'VP8' });
    await pipeline.line(60000, 'a warning', (line) => /no space|disk|full/i.test(line) && /WARNING|warning/.test(line));
    await caller.hangUp();
    const told = await pipeline.message('rtc-recording-finished', { ms: 30000 });
    assert.equal(told.reason, 'disk-full', JSON.stringify(told));
    const file = await until(20000, 'the file', () => files(small, '.mkv')[0]);
    const verdict = await judge(path.join(small, file));
    assert.ok(verdict.video.packets > 10, JSON.stringify(verdict));
    assert.equal(pipeline.ended, undefined, 'the pipeline goes on');
    const later = await call(browser, `${url}?name=later`, { codec: 'VP8' });
    await sending(later, 20);
    assert.equal(await pipeline.stop('SIGINT'), 0);
});

scene('calls of one medium: nothing is waited for in vain', 90, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline(record(`${folder}/{peer}.mkv`));
    const [url] = await pipeline.uris();
    const browser = await it.browser('chromium');
    const sound = await call(browser, `${url}?name=sound`, { video: false });
    const picture = await call(browser, `${url}?name=picture`, { audio: false, codec: 'VP8' });
    for (const caller of [sound, picture]) await sending(caller, 60);
    for (const [name, caller, kind] of [['sound', sound, 'audio'], ['picture', picture, 'video']]) {
        const { seconds } = await caller.hangUp();
        await pipeline.message('rtc-recording-finished', { where: (fields) => fields.peer === name });
        const verdict = await judge(path.join(folder, `${name}.mkv`));
        assert.equal(verdict.complaints, '');
        assert.equal(verdict.streams.length, 1);
        assert.equal(verdict.streams[0].kind, kind);
        assert.ok(Math.abs(verdict.seconds - seconds) < 1, JSON.stringify({ seconds, verdict }));
        const manifest = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'));
        assert.equal(manifest.tracks.length, 1);
        assert.equal(manifest.tracks[0].frames, verdict.streams[0].packets);
    }
});
