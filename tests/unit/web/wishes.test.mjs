import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askForCaptureTimes, askForSilence } from '../../../pipelines/web/wishes.js';

const uri = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

test('times of capture are asked for where the browser can', () => {
  const asked = [];
  askForCaptureTimes({
    getHeaderExtensionsToNegotiate: () =>
      [{ uri: 'urn:a', direction: 'sendrecv' }, { uri, direction: 'stopped' }],
    setHeaderExtensionsToNegotiate: (list) => asked.push(...list),
  });
  assert.deepEqual(asked, [{ uri: 'urn:a', direction: 'sendrecv' }, { uri, direction: 'sendrecv' }]);
  askForCaptureTimes({}); // Firefox
});

const offer = (fmtp) => ['m=audio 9 UDP/TLS/RTP/SAVPF 111 63', 'a=rtpmap:111 opus/48000/2',
  `a=fmtp:111 ${fmtp}`, 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111', ''].join('\r\n');

test('silence is asked for with Opus, and nowhere else', () => {
  assert.equal(askForSilence(offer('minptime=10;useinbandfec=1')),
    offer('minptime=10;useinbandfec=1;usedtx=1'));
  assert.equal(askForSilence(offer('usedtx=0')), offer('usedtx=0'));
  const without = 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=fmtp:0 x=1\r\n';
  assert.equal(askForSilence(without), without);
});
