// Media by a TURN relay alone, on our side and on the browser's.
import assert from 'node:assert/strict';
import { scene } from '../support/scene.mjs';
import { call, watch } from '../support/browser/peers.mjs';
import { missingTurn, startTurn } from '../support/turn.mjs';

const skip = missingTurn();

scene('a call and a view through a relay, which the server told the browser of', 120, async (it, t) => {
    if (skip) return t.skip(skip);
    const turn = await startTurn(it);
    const ice = `ice-transport-policy=relay turn-servers="${turn.uri}"`;
    const pipeline = it.pipeline(
        `rtcsrc ${ice} signaling="whipserver port=18080" ! fakesink async=false ` +
        `videotestsrc is-live=true ! rtcsink ${ice} signaling="whepserver port=18080"`);
    await pipeline.uris(2);
    const browser = await it.browser('chromium');
    const caller = await call(browser, 'http://localhost:18080/whip', { codec: 'VP8' });
    const sending = await caller.until(20000, 'media through the relay',
        (s) => s.sent?.video?.packetsSent > 60 && s.pair);
    assert.equal(sending.pair.remote, 'relay', JSON.stringify(sending.pair));
    assert.match(caller.headers.link, /<turn:10\.77\.0\.1:3478[^>]*>; *rel="ice-server"/);
    assert.match(caller.headers.link, /credential="pass:word\/1"/);
    assert.doesNotMatch(caller.answer, /typ (host|srflx)/);

    const viewer = await watch(browser, 'http://localhost:18080/whep',
        { audio: false, relay: true, servers: [turn.browser] });
    const viewing = await viewer.frames(30);
    assert.equal(viewing.pair.remote, 'relay');
    assert.equal(viewing.pair.local, 'relay');
    assert.ok(!pipeline.output.includes('pass:word'), 'the password is in the log');
    await viewer.hangUp();
    await caller.hangUp();
});

scene('a wrong TURN password ends the session with words that help, and no other', 60, async (it, t) => {
    if (skip) return t.skip(skip);
    const turn = await startTurn(it);
    const wrong = turn.uri.replace(/:[^:@]*@/, ':wrong@');
    const pipeline = it.pipeline(
        `rtcsrc ice-timeout=4000 ice-transport-policy=relay turn-servers="${wrong}" ` +
        'signaling="whipserver port=0" ! fakesink async=false');
    const [url] = await pipeline.uris();
    const browser = await it.browser('chromium');
    await call(browser, url, { codec: 'VP8', wait: false }).catch(() => {});
    const ended = await pipeline.message('rtc-session-ended', { ms: 30000 });
    assert.ok(['timeout', 'connection'].includes(ended.reason), JSON.stringify(ended));
    assert.equal(pipeline.ended, undefined);
});
