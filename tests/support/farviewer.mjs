// A viewer in a network of its own: node farviewer.mjs URL [OPTIONS], options as of watch() in
// peers.mjs, in JSON. Says what it received, a line of JSON twice a second, until standard input
// ends.
import { openBrowser } from './browser/browsers.mjs';
import { watch } from './browser/peers.mjs';

const [url, options = '{}'] = process.argv.slice(2);
const browser = await openBrowser('chromium');
const viewer = await watch(browser, url, JSON.parse(options));
process.stdin.resume();
process.stdin.on('end', () => browser.close().finally(() => process.exit(0)));
for (;;) {
    const { received } = await viewer.stats();
    process.stdout.write(`${JSON.stringify({ event: 'figures', received, answer: viewer.answer })}\n`);
    await new Promise((next) => setTimeout(next, 500));
}
