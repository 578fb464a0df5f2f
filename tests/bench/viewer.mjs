// Viewers in a network of their own: node viewer.mjs [--firefox] URL…. A line of JSON for each viewer twice a
// second, until standard input ends.
import { openBrowser } from '../support/browser/browsers.mjs';
import { watch } from '../support/browser/peers.mjs';

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const firefox = process.argv[2] === '--firefox';
const browser = await openBrowser(firefox ? 'firefox' : 'chromium');
const viewers = [];
for (const url of process.argv.slice(firefox ? 3 : 2)) viewers.push(await watch(browser, url, { audio: false }));
for (const viewer of viewers) await viewer.frames(1, 30000);
say({ event: 'watching' });

let ended = false;
process.stdin.resume();
process.stdin.on('end', () => { ended = true; });
while (!ended) {
    for (const [number, viewer] of viewers.entries()) {
        const { received } = await viewer.stats();
        const { bytesReceived, framesDecoded, freezeCount, totalFreezesDuration, packetsLost, pliCount,
            jitterBufferDelay, jitterBufferEmittedCount, frameHeight } = received.video;
        say({ event: 'viewer', number, at: Date.now(), bytes: bytesReceived, frames: framesDecoded,
            freezes: freezeCount, frozen: totalFreezesDuration, lost: packetsLost, plis: pliCount,
            buffered: jitterBufferDelay, emitted: jitterBufferEmittedCount,
            height: frameHeight });
    }
    await new Promise((next) => setTimeout(next, 500));
}
await browser.close();
process.exit(0);
