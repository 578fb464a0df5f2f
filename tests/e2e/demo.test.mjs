// pipelines/demo as a person uses it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { scene, screenshotPath } from '../support/scene.mjs';
import { call, watch } from '../support/browser/peers.mjs';
import { judge } from '../support/recording.mjs';
import { showsMotion, showsPicture } from '../support/judges.mjs';

const build = process.env.RTC_TEST_BUILD;
const demo = path.join(build ?? fileURLToPath(new URL('../../build', import.meta.url)), 'pipelines/rtc-demo');

scene('the demo shows its auction, records a call and says so', 120, async (it) => {
    const folder = it.folder();
    const program = it.run(demo, ['--port', '18080', '--calls', path.join(folder, 'calls')]);
    const has = (text, ms = 20000) => program.line(ms, text, (line) => line.includes(text) && line);
    await has('http://localhost:18080/watch');
    const browser = await it.browser('chromium');
    const viewer = await watch(browser, 'http://localhost:18080/whep');
    await viewer.frames(60);
    await showsPicture(viewer);
    await showsMotion(viewer);
    await viewer.tab.screenshot(screenshotPath('demo-auction'));
    await has('A viewer has joined (1 watching)');

    const caller = await call(browser, 'http://localhost:18080/whip?name=Ada');
    await has('A call from Ada');
    await caller.until(20000, 'media is sent', (s) => s.sent?.video?.packetsSent > 60);
    await caller.hangUp();
    const recorded = await has('Recorded ');
    const file = /Recorded (\S+)/.exec(recorded)[1];
    assert.ok(existsSync(file), file);
    assert.equal((await judge(file)).complaints, '');
    await viewer.hangUp();
    await has('(0 watching)');

    const second = await call(browser, 'http://localhost:18080/whip');
    await second.until(20000, 'media is sent', (s) => s.sent?.video?.packetsSent > 60);
    assert.equal(await program.stop('SIGINT'), 0);
    assert.match(program.output, /2 calls recorded:/);
    const last = /Recorded (\S+)/.exec(program.output.split('\n').filter((l) => l.includes('Recorded ')).pop())[1];
    assert.equal((await judge(last)).complaints, '');
});

scene('the demo says who may watch and call, while that is anybody; a token keeps others out', 60, async (it) => {
    const run = async (...options) => {
        const program = it.run(demo, ['--port', '18082', '--calls', it.folder(), ...options]);
        await program.line(20000, 'the addresses', (line) => line.includes('/watch'));
        await program.line(20000, 'the end of the words', (line) => line.includes('Ctrl-C'));
        const refused = (await fetch('http://127.0.0.1:18082/whip', { method: 'POST', body: 'x',
            headers: { 'Content-Type': 'application/sdp' } })).status;
        assert.equal(await program.stop('SIGINT'), 0, program.output);
        return { refused, anybody: /Anybody .*--token .*--address/.test(program.output) };
    };
    assert.equal((await run()).anybody, true);
    assert.equal((await run('--address', '127.0.0.1')).anybody, false);
    assert.deepEqual(await run('--token', 'a1b2c3'), { refused: 401, anybody: false });
});

scene('clear words when the port is taken', 30, async (it) => {
    const taken = createServer().listen(18081);
    it.atEnd(() => taken.close());
    const program = it.run(demo, ['--port', '18081', '--calls', it.folder()]);
    assert.equal(await program.exited, 1);
    assert.match(program.output, /18081.*(in use|taken)/i);
    assert.match(program.output, /another port|--port/i);
});

scene('clear words for a file that is not there, and for a wrong option', 30, async (it) => {
    const missing = it.run(demo, ['--input', '/nowhere/film.mkv', '--calls', it.folder()]);
    assert.equal(await missing.exited, 1);
    assert.match(missing.output, /film\.mkv/);
    const wrong = it.run(demo, ['--colour']);
    assert.equal(await wrong.exited, 2);
    assert.match(wrong.output, /--colour/);
});

scene('a file is shown again and again', 90, async (it) => {
    const folder = it.folder();
    const film = path.join(folder, 'film.mkv');
    const making = it.run('gst-launch-1.0', ['-q', 'videotestsrc', 'num-buffers=60', '!',
        'video/x-raw,width=320,height=240,framerate=30/1', '!', 'vp8enc', 'deadline=1', '!',
        'matroskamux', '!', 'filesink', `location=${film}`]);
    assert.equal(await making.exited, 0);
    const program = it.run(demo, ['--input', film, '--port', '18080', '--calls', path.join(folder, 'calls')]);
    await program.line(20000, 'the URLs', (line) => line.includes('/watch'));
    const viewer = await watch(await it.browser('chromium'), 'http://localhost:18080/whep', { audio: false });
    await viewer.frames(150, 20000); // more than two times through
    await showsMotion(viewer);
});
