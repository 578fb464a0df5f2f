// janusclient against Janus itself: a videoroom, a mountpoint, an outage, a wrong pin.
import assert from 'node:assert/strict';
import path from 'node:path';
import { judge } from '../support/recording.mjs';
import { scene } from '../support/scene.mjs';
import { feedMountpoint, missingJanus, startJanus } from '../support/janus.mjs';

const skip = missingJanus();
const sink = (name) => `fakesink name=${name} async=false silent=false`;
const JANUS = 'janusclient longest-pause=500 uri=ws://127.0.0.1:8188';

async function plays(pipeline, ...names) {
    for (const name of names) {
        let seen = 0;
        await pipeline.line(30000, `30 buffers of ${name}`, (line) =>
            line.includes(`:${name}: last-message = chain`) && ++seen === 30);
    }
}

const publisher = (it, more = '') => it.pipeline(
    'videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! rtcsink name=l ' +
    `signaling="${JANUS} display=hall ${more}" audiotestsrc is-live=true ! l.`);

scene('one publishes to a videoroom and another subscribes, also after an outage', 120, async (it, t) => {
    if (skip) return t.skip(skip);
    const janus = await startJanus(it);
    const folder = it.folder();
    const subscriber = it.pipeline(`rtcsrc consent-timeout=4000 signaling="${JANUS}" : ` +
        `rtcrecordsink location="${folder}/{peer}-{session}.mkv"`);
    const sender = publisher(it); // after the subscriber, who hears of it
    await sender.message('rtc-session-started', { ms: 30000 });
    const first = await subscriber.message('rtc-session-started', { ms: 30000 });
    assert.equal(first.peer, 'hall');
    const recorded = (session) => subscriber.message('rtc-recording-started',
        { ms: 30000, where: (fields) => fields.session === session });
    await recorded(first.session);
    await janus.stop('SIGKILL');
    await sender.message('rtc-session-ended', { ms: 30000 });
    await startJanus(it);
    const second = await subscriber.message('rtc-session-started',
        { ms: 30000, where: (fields) => fields.session !== first.session });
    await recorded(second.session);
    assert.equal(await sender.stop(), 0);
    // Who leaves ends its session at the others.
    await subscriber.message('rtc-session-ended', { where: (fields) => fields.reason === 'hangup' });
    assert.equal(await subscriber.stop(), 0);
    for (const { session } of [first, second]) {
        const { complaints, video, audio } = await judge(path.join(folder, `hall-${session}.mkv`));
        assert.equal(complaints, '');
        assert.ok(video?.packets > 0 || audio?.packets > 0);
    }
});

scene('a mountpoint is watched', 60, async (it, t) => {
    if (skip) return t.skip(skip);
    await startJanus(it);
    feedMountpoint(it);
    const viewer = it.pipeline(
        `-v rtcsrc signaling="${JANUS} mountpoint=1" ! video/x-raw ! ${sink('picture')}`);
    await plays(viewer, 'picture');
    assert.equal(await viewer.stop(), 0);
});

scene('a pin opens a room; a wrong one, and a room that is not there, are errors', 60, async (it, t) => {
    if (skip) return t.skip(skip);
    await startJanus(it);
    const sender = publisher(it, 'room=4321 pin=1-2-3');
    await sender.message('rtc-session-started', { ms: 30000 });
    for (const [settings, words] of [['room=4321 pin=wrong', /433/], ['room=77', /426/]]) {
        const refused = publisher(it, settings);
        await refused.line(20000, String(words), (line) => line.startsWith('ERROR') && words.test(line));
        assert.notEqual(await refused.exited, 0);
        assert.ok(!refused.output.includes('pin=wrong'), 'the pin is in the log');
    }
    assert.equal(await sender.stop(), 0);
});
