// A viewer chooses among the rungs of a ladder, by the layers of WHEP.
import assert from 'node:assert/strict';
import { scene } from '../support/scene.mjs';
import { watch } from '../support/browser/peers.mjs';
import { within } from '../support/wait.mjs';

const URL = 'http://localhost:18080/whep';
const linked = (peer, relation) => {
    const entry = peer.headers.link.split(/,\s*(?=<)/).find((link) => link.includes(relation));
    return /<([^>]*)>/.exec(entry)[1];
};

scene('a viewer takes the smaller picture, and leaves it to its network again', 90, async (it) => {
    const pipeline = it.pipeline('videotestsrc is-live=true ! video/x-raw,width=640,height=360 ! ' +
        'rtcsink ladder="360p:800,180p:200" video-codecs=VP8 signaling="whepserver port=18080"');
    await pipeline.uris(1);
    const browser = await it.browser('chromium');
    const viewer = await watch(browser, URL, { audio: false });
    const other = await watch(browser, URL, { audio: false });
    const lines = (height) => (peer) => peer.until(30000, `a picture of ${height} lines`,
        (stats, h) => stats.received?.video?.frameHeight === h, height);
    await lines(360)(viewer);

    // What there is, as a stream of events tells it.
    const made = await fetch(linked(viewer, 'server-sent-events'), { method: 'POST', body: '["layers"]' });
    assert.equal(made.status, 201);
    const abort = new AbortController();
    it.atEnd(() => abort.abort());
    const events = await fetch(made.headers.get('location'), { signal: abort.signal });
    const { value } = await within(20000, 'an event', events.body.getReader().read());
    const [, data] = /^event: layers\ndata: (.*)$/m.exec(Buffer.from(value).toString());
    const [[media, { layers }]] = Object.entries(JSON.parse(data));
    assert.deepEqual(layers.map(({ height, bitrate }) => [height, bitrate]), [[360, 800000], [180, 200000]]);

    const choose = async (body) => (await fetch(linked(viewer, 'core:layer'), {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    })).status;
    assert.equal(await choose({ mediaId: media, encodingId: layers[1].encodingId }), 200);
    await lines(180)(viewer);
    await viewer.frames((await viewer.stats()).received.video.framesDecoded + 60);
    assert.equal((await viewer.stats()).received.video.frameHeight, 180);
    // It is its own choice alone.
    await lines(360)(other);
    assert.equal(await choose({ mediaId: media, encodingId: 'none' }), 422);
    assert.equal(await choose({}), 200);
    await lines(360)(viewer);
    assert.deepEqual(pipeline.messages('rtc-session-ended'), []);
});
