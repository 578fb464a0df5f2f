// manualsignaling and the page /manual: descriptions go by copy and paste, between a pipeline and
// Chromium, both ways round.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { missingBrowser } from '../support/browser/browsers.mjs';
import { scene, screenshotPath } from '../support/scene.mjs';
import { until } from '../support/wait.mjs';

const skip = missingBrowser('chromium');

// The page, from a server that is there anyway.
async function manualPage(it) {
    const server = it.pipeline('rtcsrc signaling="whipserver port=0" ! fakesink async=false');
    const [url] = await server.uris();
    return (await it.browser('chromium')).open(new URL('/manual', url).href);
}

const state = (tab, wanted) =>
    tab.waitFor(30000, `the state ${wanted}`, (w) => document.documentElement.dataset.state === w, wanted);
const ours = (tab) => tab.evaluate(() => document.getElementById('mine').value);
const press = (tab, id) => tab.evaluate((name) => document.getElementById(name).click(), id);
const paste = async (tab, text) => {
    await tab.evaluate((value) => { document.getElementById('theirs').value = value; }, text);
    await press(tab, 'take');
};
const written = (file) => until(20000, file, () => readFileSync(file, 'utf8'));

scene('a pipeline offers by a file, the page answers and plays', 90, async (it, t) => {
    if (skip) return t.skip(skip);
    const folder = it.folder();
    const [offer, answer] = ['offer', 'answer'].map((name) => path.join(folder, name));
    const pipeline = it.pipeline(
        'videotestsrc is-live=true ! rtcsink name=l ' +
        `signaling="manualsignaling write=${offer} read=${answer}" audiotestsrc is-live=true ! l.`);
    const tab = await manualPage(it);
    await paste(tab, 'hello');
    await tab.waitFor(5000, 'a complaint', () => !document.getElementById('notice').hidden);
    await paste(tab, await written(offer));
    await state(tab, 'answering');
    writeFileSync(answer, await ours(tab));
    await state(tab, 'connected');
    await pipeline.message('rtc-session-started');
    await tab.waitFor(20000, 'a picture that moves', () => {
        const video = document.getElementById('video');
        return video.getVideoPlaybackQuality().totalVideoFrames > 30 && video.videoWidth === 320;
    });
    await tab.screenshot(screenshotPath('manual'));
    assert.equal(await pipeline.stop(), 0);
});

scene('the page offers its camera, a pipeline answers by a FIFO', 90, async (it, t) => {
    if (skip) return t.skip(skip);
    const folder = it.folder();
    const [offer, answer] = ['offer', 'answer'].map((name) => path.join(folder, name));
    execFileSync('mkfifo', [answer]);
    const pipeline = it.pipeline(
        `-v rtcsrc signaling="manualsignaling offerer=peer write=${answer} read=${offer}" ! ` +
        'video/x-raw ! fakesink name=picture silent=false async=false');
    const tab = await manualPage(it);
    await press(tab, 'send');
    await state(tab, 'offering');
    writeFileSync(offer, await ours(tab));
    const reader = it.run('cat', [answer]); // as ssh or a colleague would
    await reader.exited;
    await paste(tab, reader.output);
    await state(tab, 'connected');
    let seen = 0;
    await pipeline.line(30000, '30 frames', (line) =>
        line.includes(':picture: last-message = chain') && ++seen === 30);
    assert.equal(await pipeline.stop(), 0);
});
