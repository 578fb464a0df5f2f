// Origin and edge by WHEP: a second server forwards what the first one publishes; one encoder in all.
import { scene } from '../support/scene.mjs';
import { watch } from '../support/browser/peers.mjs';

scene('a viewer of the edge sees what the origin publishes', 90, async (it) => {
    const origin = it.pipeline('videotestsrc is-live=true ! rtcsink signaling="whepserver port=18081"');
    await origin.uris(1);
    const edge = it.pipeline(
        'rtcsrc signaling="whepclient endpoint=http://localhost:18081/whep" : ' +
        'rtcsink signaling="whepserver port=18080"');
    await edge.line(20000, 'the edge listens', (line) =>
        line.includes('rtc-signaling-ready') && line.includes('18080'));
    const browser = await it.browser('chromium');
    await edge.message('rtc-session-started', { ms: 30000 });
    // Until the edge has media there is nothing to watch, 409.
    let viewer;
    for (const end = Date.now() + 30000; !viewer; )
        viewer = await watch(browser, 'http://localhost:18080/whep', { audio: false })
            .catch((error) => {
                if (Date.now() > end || !/409/.test(error.message)) throw error;
            });
    await viewer.frames(60, 30000);
});
