// Where WebRTC finds no way, the watch page plays the same stream as HLS.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { missingBrowser } from '../support/browser/browsers.mjs';
import { scene, screenshotPath } from '../support/scene.mjs';
import { pipelines } from '../support/strings.mjs';
import { until } from '../support/wait.mjs';

// The pipeline of the documentation, of a smaller picture, with nothing but a relay that isn't
// there to connect by.
const { command } = pipelines('docs/publishing.md').find(({ command }) => command.includes('hlssink2'));
const string = command.replace(/^gst-launch-1.0 -e /, '')
    .replace('width=1280,height=720', 'width=640,height=360')
    .replace('rtcsink name=live', 'rtcsink name=live ice-transport-policy=relay');

async function plays(browser, kind) {
    const tab = await browser.open('http://localhost:8080/watch');
    await tab.waitFor(60000, `${kind} to play HLS`, () => {
        const { state, way } = document.documentElement.dataset;
        return state === 'playing' && way === 'hls';
    });
    const from = await tab.evaluate(() => document.getElementById('video').currentTime);
    // Longer than a segment, so that the next one was taken too.
    await tab.waitFor(30000, 'three seconds more', (start) =>
        document.getElementById('video').currentTime > start + 3, from);
    assert.deepEqual(await tab.evaluate(() => {
        const { videoWidth, videoHeight } = document.getElementById('video');
        return [videoWidth, videoHeight];
    }), [640, 360]);
    await tab.screenshot(screenshotPath(`hls-${kind}`));
}

scene('the watch page falls back to HLS', 120, async (it) => {
    const folder = it.folder();
    mkdirSync(path.join(folder, 'hls'));
    const pipeline = it.pipeline(string, { cwd: folder });
    await pipeline.uris();
    const kinds = ['chromium', 'firefox'].filter((kind) => !missingBrowser(kind));
    const browsers = await Promise.all(kinds.map((kind) => it.browser(kind)));
    await until(30000, 'a playlist', async () => {
        const { endpoints } = await (await fetch('http://localhost:8080/status')).json();
        return endpoints.find((endpoint) => endpoint.kind === 'hls')?.live;
    });
    await Promise.all(browsers.map((browser, at) => plays(browser, kinds[at])));
});
