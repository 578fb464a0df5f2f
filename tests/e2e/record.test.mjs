// A browser's call becomes a file, however the call ends.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { scene } from '../support/scene.mjs';
import { call } from '../support/browser/peers.mjs';
import { judge } from '../support/recording.mjs';

const files = (folder) => readdirSync(folder).filter((name) => !name.startsWith('.')).sort();

// The session's file: whole, every frame decodes, as long as the call's media.
async function whole(folder, pipeline, peer, seconds, ending = 'mkv') {
    const { session } = await pipeline.message('rtc-session-started', { where: (f) => f.peer === peer });
    const verdict = await judge(path.join(folder, `${session}.${ending}`));
    assert.equal(verdict.complaints, '');
    assert.ok(Math.abs(verdict.seconds - seconds) < 0.3,
        `the call's media lasted ${seconds} s; the file: ${JSON.stringify(verdict, null, 1)}`);
    assert.ok(Math.abs(verdict.declaredSeconds - verdict.seconds) < 0.3, 'the declared duration');
    for (const stream of verdict.streams) // a busy machine encodes unevenly
        assert.ok(stream.largestGap < 1.5, `a gap in ${JSON.stringify(stream)}`);
    return verdict;
}

// The file in the browser's own player, from its beginning to its end.
function plays(tab, file) {
    return tab.evaluate(async (base64) => {
        const player = document.createElement('video');
        player.muted = true;
        player.src = `data:video/mp4;base64,${base64}`;
        document.body.append(player);
        await player.play();
        await new Promise((resolve, reject) => {
            player.onended = resolve;
            player.onerror = () => reject(new Error(player.error.message));
        });
        const { totalVideoFrames } = player.getVideoPlaybackQuality();
        return { width: player.videoWidth, seconds: player.duration, frames: totalVideoFrames };
    }, readFileSync(file).toString('base64'));
}

const sent = (ms) => (caller) => caller.until(ms, 'media is sent',
    (s, n) => Object.values(s.sent ?? {}).every((t) => t.packetsSent > n), 60);

scene('three callers at once: one hangs up, one is killed, one is cut by SIGINT', 120, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline(
        'rtcsrc consent-timeout=5000 signaling="whipserver port=0" : ' +
        `rtcrecordsink location="${folder}/{session}.mkv"`);
    const [url] = await pipeline.uris();
    const browsers = [await it.browser('chromium'), await it.browser('chromium')];
    const h264 = await call(browsers[0], `${url}?name=h264`, { codec: 'H264' });
    const vp8 = await call(browsers[1], `${url}?name=vp8`, { codec: 'VP8' });
    const audio = await call(browsers[0], `${url}?name=audio`, { video: false });
    for (const caller of [h264, vp8, audio]) await sent(20000)(caller);

    const { status, seconds } = await h264.hangUp();
    assert.equal(status, 200);
    const killedAfter = (Date.now() - vp8.connectedAt) / 1000;
    await browsers[1].kill();
    for (const peer of ['h264', 'vp8'])
        await pipeline.message('rtc-recording-finished', { ms: 30000, where: (f) => f.peer === peer });
    const cutAfter = (Date.now() - audio.connectedAt) / 1000;
    assert.equal(await pipeline.stop('SIGINT'), 0);

    assert.equal(files(folder).filter((name) => name.endsWith('.mkv')).length, 3, String(files(folder)));
    const first = await whole(folder, pipeline, 'h264', seconds);
    assert.equal(first.video.codec, 'h264');
    assert.equal(first.audio.codec, 'opus');
    assert.ok(first.video.startsWithKeyframe);
    const second = await whole(folder, pipeline, 'vp8', killedAfter);
    assert.equal(second.video.codec, 'vp8');
    const third = await whole(folder, pipeline, 'audio', cutAfter);
    assert.equal(third.video, undefined);
    assert.equal(third.audio.codec, 'opus');
});

scene('a closed tab ends its file', 90, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline('rtcsrc consent-timeout=5000 signaling="whipserver port=0" : ' +
        `rtcrecordsink location="${folder}/{session}.webm"`);
    const [url] = await pipeline.uris();
    const caller = await call(await it.browser('chromium'), `${url}?name=caller`, { codec: 'VP8' });
    await sent(20000)(caller);
    const seconds = (Date.now() - caller.connectedAt) / 1000;
    await caller.tab.close();
    const message = await pipeline.message('rtc-recording-finished', { ms: 30000 });
    assert.ok(Math.abs(message.duration / 1e9 - seconds) < 0.3, JSON.stringify(message));
    const verdict = await whole(folder, pipeline, 'caller', seconds, 'webm');
    assert.equal(verdict.video.codec, 'vp8');
});

scene('Firefox calls; its candidates trickle', 90, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline('rtcsrc signaling="whipserver port=0" : ' +
        `rtcrecordsink location="${folder}/{session}.mkv"`);
    const [url] = await pipeline.uris();
    const caller = await call(await it.browser('firefox'), `${url}?name=caller`, { codec: 'VP8', trickle: true });
    assert.equal(caller.patchStatus, 204);
    await sent(20000)(caller);
    const { seconds } = await caller.hangUp();
    await pipeline.message('rtc-recording-finished');
    const verdict = await whole(folder, pipeline, 'caller', seconds);
    assert.equal(verdict.video.codec, 'vp8');
    assert.equal(verdict.audio.codec, 'opus');
});

scene('H264 into MP4', 90, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline('rtcsrc signaling="whipserver port=0" : ' +
        `rtcrecordsink location="${folder}/{session}.mp4"`);
    const [url] = await pipeline.uris();
    const caller = await call(await it.browser('chromium'), `${url}?name=caller`, { codec: 'H264' });
    await sent(20000)(caller);
    const { seconds } = await caller.hangUp();
    await pipeline.message('rtc-recording-finished');
    const verdict = await whole(folder, pipeline, 'caller', seconds, 'mp4');
    assert.equal(verdict.video.codec, 'h264');
});

scene('VP8 into MP4 becomes H264, at the same times', 90, async (it) => {
    const folder = it.folder();
    const pipeline = it.pipeline('rtcsrc signaling="whipserver port=0" : ' +
        `rtcrecordsink location="${folder}/call.mp4" transcode=if-needed`);
    const [url] = await pipeline.uris();
    const browser = await it.browser('chromium');
    const caller = await call(browser, `${url}?name=caller`, { codec: 'VP8' });
    await sent(20000)(caller);
    const { seconds } = await caller.hangUp();
    await pipeline.message('rtc-recording-finished', { ms: 30000 });
    const verdict = await judge(path.join(folder, 'call.mp4'));
    assert.equal(verdict.complaints, '');
    assert.equal(verdict.video.codec, 'h264');
    assert.equal(verdict.audio.codec, 'opus');
    assert.ok(Math.abs(verdict.seconds - seconds) < 0.5, `${seconds} s: ${JSON.stringify(verdict, null, 1)}`);
    assert.ok(verdict.video.largestGap < 1.5, JSON.stringify(verdict.video));
    const { tracks, segments } = JSON.parse(readFileSync(path.join(folder, 'call.json'), 'utf8'));
    assert.equal(segments.length, 1);
    const video = tracks.find((track) => track.kind === 'video');
    assert.equal(video.codec, 'H264');
    assert.equal(video.transcoded_from, 'VP8');
    assert.equal(video.frames, verdict.video.packets);
    assert.equal(tracks.find((track) => track.kind === 'audio').transcoded_from, undefined);
    const played = await plays(caller.tab, path.join(folder, 'call.mp4'));
    assert.equal(played.width, verdict.video.width);
    assert.ok(Math.abs(played.seconds - verdict.seconds) < 0.3, JSON.stringify(played));
    assert.ok(played.frames > 10, JSON.stringify(played));
});
