// The pages, as people use them: real browsers, the real server, real media.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingBrowser } from '../support/browser/browsers.mjs';
import { Scene, screenshotPath } from '../support/scene.mjs';
import { until } from '../support/wait.mjs';

const deadline = { timeout: 120_000 };

// A scene that can tell what became of its pipelines.
class Told extends Scene {
    #pipelines = [];

    pipeline(...settings) {
        const pipeline = super.pipeline(...settings);
        this.#pipelines.push(pipeline);
        return pipeline;
    }

    get story() {
        return this.#pipelines.map(({ string, ended, output }) =>
            `${string}\n${output.split('\n').slice(-8).join('\n')}\n` +
            `(${ended === undefined ? 'still running' : `ended: ${ended}`})`).join('\n');
    }
}

// A test with a scene that is taken down after it; `browsers` are what it can't do without.
function scene(name, browsers, play) {
    const skip = browsers.map(missingBrowser).find(Boolean) ?? false;
    test(name, { ...deadline, skip }, async () => {
        const stage = new Told();
        try {
            await play(stage);
        } catch (error) {
            throw new Error(`${error.message}\n${stage.story}`, { cause: error });
        } finally {
            await stage.end();
        }
    });
}

const source = (port) =>
    'videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=30/1 ! ' +
    `rtcsink name=l signaling="whepserver port=${port}" audiotestsrc is-live=true ! l.`;

// The tone keeps the pipeline going when a call, and so all of its media, has ended.
const sink = (settings) => 'audiotestsrc is-live=true ! fakesink ' +
    `rtcsrc signaling="whipserver ${settings}" : fakesink`;

/** The server's address as the browsers see it: localhost, which they take for secure. */
async function origin(pipeline, endpoints = 1) {
    const [uri] = await pipeline.uris();
    const at = `http://localhost:${new URL(uri).port}`;
    await until(10_000, `${endpoints} endpoints`, async () =>
        (await status(at)).endpoints.length === endpoints);
    return at;
}

const status = async (at) => (await fetch(`${at}/status`)).json();

const sessions = async (at, kind) =>
    (await status(at)).endpoints.find((endpoint) => endpoint.kind === kind).sessions;

/** Waits until a page is in a state; says what it shows if that doesn't come. */
async function becomes(tab, state, ms = 30_000) {
    try {
        await tab.waitFor(ms, `the state ${state}`,
            (wanted) => document.documentElement.dataset.state === wanted, state);
    } catch (error) {
        const shown = await tab.evaluate(() =>
            `${document.documentElement.dataset.state}: ${document.body.innerText}`);
        throw new Error(`${error.message}\n${shown}\n${tab.log.join('\n')}`);
    }
}

/** A call page that waits for a press. */
async function invited(browser, address) {
    const tab = await browser.open(address);
    await tab.waitFor(30_000, 'the button', () => {
        const button = document.getElementById('begin');
        return !button.hidden && button.textContent === 'Call now';
    });
    return tab;
}

async function called(browser, address) {
    const tab = await invited(browser, address);
    await tab.evaluate(() => document.getElementById('begin').click());
    return tab;
}

const text = (tab, id) => tab.evaluate((name) => document.getElementById(name).textContent, id);

for (const kind of ['chromium', 'firefox']) {
    scene(`${kind} watches: picture and sound`, [kind], async (stage) => {
        const at = await origin(stage.pipeline(source(0)));
        const browser = await stage.browser(kind);
        const tab = await browser.open(`${at}/watch`);
        await becomes(tab, 'playing');
        await tab.waitFor(15_000, '30 frames and sound', async () => {
            const { video, audio } = await globalThis.gstRtc.stats();
            return video?.frames >= 30 && audio?.bytes > 0; // null before the first packet
        });
        assert.equal(await tab.evaluate(() => document.getElementById('video').muted), true);
        await tab.evaluate(() => document.getElementById('tap').click());
        assert.equal(await tab.evaluate(() => document.getElementById('video').muted), false);
        await tab.waitFor(20_000, 'the figures', (delay) =>
            /^640×360$/.test(document.querySelector('[data-figure=size]').textContent) &&
            new RegExp(delay).test(document.querySelector('[data-figure=delay]').textContent),
        kind === 'chromium' ? '^\\d+ ms$' : '^≈ \\d+ ms$');
        await tab.screenshot(screenshotPath(`pages-watch-${kind}`));
        assert.equal(await sessions(at, 'whep'), 1);
        await tab.evaluate(() => { location.href = 'about:blank'; }).catch(() => {});
        await until(10_000, 'the session to end', async () => await sessions(at, 'whep') === 0);
    });

    scene(`${kind} calls, mutes and hangs up`, [kind], async (stage) => {
        const at = await origin(stage.pipeline(sink('port=0')));
        const browser = await stage.browser(kind);
        const tab = await called(browser, `${at}/call?autostart=1&name=Ann&quality=360`);
        await becomes(tab, 'on-call');
        await tab.waitFor(15_000, 'picture and sound to be sent', async () => {
            const { video, audio } = await globalThis.gstRtc.stats();
            return video?.frames >= 30 && audio?.bytes > 0; // null before the first packet
        });
        assert.match(await text(tab, 'timer'), /^0:\d\d$/);
        assert.equal(await sessions(at, 'whip'), 1);
        await tab.evaluate(() => document.getElementById('mute').click());
        const enabled = await tab.evaluate(() => globalThis.gstRtc.pc.getSenders()
            .map(({ track }) => `${track.kind} ${track.enabled}`).sort());
        assert.deepEqual(enabled, ['audio false', 'video true']);
        await tab.screenshot(screenshotPath(`pages-call-${kind}`));
        await tab.evaluate(() => document.getElementById('hangup').click());
        await becomes(tab, 'ended');
        assert.match(await text(tab, 'detail'), /sent$/);
        await until(10_000, 'the session to end', async () => await sessions(at, 'whip') === 0);
    });
}

scene('a link alone opens no camera and calls nobody', ['chromium'], async (stage) => {
    const at = await origin(stage.pipeline(sink('port=0')));
    const tab = await invited(await stage.browser('chromium'), `${at}/call?autostart=1&name=Ann`);
    assert.deepEqual(await tab.evaluate(() => [document.documentElement.dataset.state, globalThis.gstRtc.pc,
        document.getElementById('preview').srcObject]), ['idle', null, null]);
    assert.equal(await sessions(at, 'whip'), 0);
    await tab.evaluate(() => document.getElementById('begin').click());
    await becomes(tab, 'on-call');
    assert.equal(await sessions(at, 'whip'), 1);
});

scene('the page asks to be spared of silence', ['chromium'], async (stage) => {
    const at = await origin(stage.pipeline('audiotestsrc is-live=true wave=silence ! ' +
        'rtcsink audio-dtx=true signaling="whepserver port=0"'));
    const tab = await (await stage.browser('chromium')).open(`${at}/watch`);
    await becomes(tab, 'playing');
    // Fifty packets a second without it.
    await tab.waitFor(30_000, 'few packets in three seconds', async () => {
        const now = { time: performance.now(), packets: (await globalThis.gstRtc.stats())?.audio?.packets };
        if (now.packets === undefined) return false;
        const from = globalThis.countedFrom ??= now;
        if (now.time - from.time < 3000) return false;
        globalThis.countedFrom = now;
        return now.packets - from.packets < 25;
    });
});

// The source says when a picture was taken; what holds it up afterwards is part of the delay, which
// the browser can't see by itself.
scene('the page shows the delay since capture', ['chromium'], async (stage) => {
    const at = await origin(stage.pipeline(
        'videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! ' +
        'queue max-size-time=0 max-size-buffers=0 max-size-bytes=0 min-threshold-time=400000000 ! ' +
        'rtcsink signaling="whepserver port=0"'));
    const tab = await (await stage.browser('chromium')).open(`${at}/watch`);
    await becomes(tab, 'playing');
    // The queue's 400 ms, and what a machine takes besides: until the clocks' distance is known well,
    // which half a busy machine's round trip blurs, it may say less.
    await tab.waitFor(60_000, 'the delay since capture', async () => {
        const { captureDelay } = await globalThis.gstRtc.stats();
        return captureDelay > 400 && captureDelay < 5000;
    });
    await tab.waitFor(20_000, 'it on the page', () =>
        /^\d{3,4} ms$/.test(document.querySelector('[data-figure=delay]').textContent));
});

scene('what one page sends another sees', ['chromium'], async (stage) => {
    const port = 18080; // of this test's own network
    const at = await origin(stage.pipeline(`rtcsrc signaling="whipserver port=${port}" : ` +
        `rtcsink signaling="whepserver port=${port}"`), 2);
    const browser = await stage.browser('chromium');
    const viewer = await browser.open(`${at}/watch`);
    await becomes(viewer, 'waiting');
    assert.match(await text(viewer, 'title'), /hasn't started/);
    const front = await browser.open(`${at}/`, { width: 390, height: 844, mobile: true });
    await becomes(front, 'quiet');
    const caller = await called(browser, `${at}/call?autostart=1`);
    await becomes(caller, 'on-call');
    await becomes(viewer, 'playing');
    await becomes(front, 'live');
    await front.screenshot(screenshotPath('pages-front'));
    await viewer.waitFor(15_000, '30 frames', async () =>
        (await globalThis.gstRtc.stats())?.video?.frames >= 30);
    await caller.evaluate(() => document.getElementById('hangup').click());
    await becomes(viewer, 'waiting', 40_000);
    await becomes(front, 'quiet');
});

scene('a viewer comes back when the server does', ['chromium'], async (stage) => {
    const port = 18081;
    const first = stage.pipeline(source(port));
    const at = await origin(first);
    const browser = await stage.browser('chromium');
    const viewer = await browser.open(`${at}/watch`);
    await becomes(viewer, 'playing');
    await first.stop('SIGKILL');
    await becomes(viewer, 'reconnecting');
    await origin(stage.pipeline(source(port)));
    await becomes(viewer, 'playing', 60_000);
});

scene('a call comes back when the server does', ['chromium'], async (stage) => {
    const first = stage.pipeline(sink('port=18082'));
    const at = await origin(first);
    const browser = await stage.browser('chromium');
    const caller = await called(browser, `${at}/call?autostart=1`);
    await becomes(caller, 'on-call');
    await first.stop('SIGKILL');
    await becomes(caller, 'reconnecting');
    assert.match(await text(caller, 'detail'), /back into the call/);
    await origin(stage.pipeline(sink('port=18082')));
    await becomes(caller, 'on-call', 60_000);
});

scene('a token is asked for, kept for the tab, and never shown', ['chromium'], async (stage) => {
    const secret = 'correct-horse';
    const at = await origin(stage.pipeline(sink(`port=0 token=${secret}`)));
    const browser = await stage.browser('chromium');
    const caller = await called(browser, `${at}/call?autostart=1`);
    const asked = (title) => caller.waitFor(10_000, `the dialog ${title}`, (wanted) =>
        document.getElementById('token-dialog').open &&
        document.getElementById('token-title').textContent === wanted, title);
    const answer = (token) => caller.evaluate((value) => {
        document.getElementById('token-field').value = value;
        document.querySelector('#token-dialog [value=ok]').click();
    }, token);
    await asked('A token is needed');
    await answer('wrong');
    await asked("The token isn't right");
    await answer(secret);
    await becomes(caller, 'on-call');
    const linked = await called(browser, `${at}/call?autostart=1#token=${secret}`);
    await becomes(linked, 'on-call');
    assert.doesNotMatch(await linked.evaluate(() => location.href), /token|horse/);
});
