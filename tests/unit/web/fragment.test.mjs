import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildFragment, readDescription } from '../../../pipelines/web/fragment.js';

const sdp = [
  'v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1',
  'm=audio 54609 UDP/TLS/RTP/SAVPF 111 63', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1', 'a=mid:0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:EsAw',
  'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1', 'a=mid:1', '',
].join('\r\n');

const host = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host',
  sdpMid: '0', sdpMLineIndex: 0,
};
const reflexive = {
  candidate: 'candidate:2 1 udp 1686052607 198.51.100.1 61764 typ srflx raddr 0.0.0.0 rport 0',
  sdpMid: '0', sdpMLineIndex: 0,
};

test('several candidates make one fragment, in their order', () => {
  assert.equal(buildFragment(sdp, [host, reflexive], true), [
    'a=group:BUNDLE 0 1', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=ice-ufrag:EsAw',
    'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1', `a=${host.candidate}`, `a=${reflexive.candidate}`,
    'a=end-of-candidates', '',
  ].join('\r\n'));
});

test('while gathering goes on, nothing says that it ended', () => {
  assert.doesNotMatch(buildFragment(sdp, [host], false), /end-of-candidates/);
});

test('the end alone is worth a fragment, nothing is not', () => {
  assert.match(buildFragment(sdp, [], true), /a=mid:0\r\n[^]*a=end-of-candidates\r\n$/);
  assert.equal(buildFragment(sdp, [], false), '');
  assert.equal(buildFragment(sdp, [{ ...host, candidate: '' }], false), '');
  assert.equal(buildFragment('v=0\r\n', [host], true), '');
});

test('candidates of another section stand under it, also when only its index is known', () => {
  for (const where of [{ sdpMid: '1', sdpMLineIndex: 1 }, { sdpMid: null, sdpMLineIndex: 1 }]) {
    const body = buildFragment(sdp, [{ ...host, ...where }], false);
    assert.match(body, /m=video 9 UDP\/TLS\/RTP\/SAVPF 96\r\na=mid:1\r\n/);
    assert.doesNotMatch(body, /m=audio/);
  }
});

test('credentials of the session level serve sections without their own', () => {
  const plain = 'v=0\na=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\n' +
    'm=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:v\n';
  assert.equal(readDescription(plain).ufrag, 'abcd');
  assert.match(buildFragment(plain, [{ ...host, sdpMid: 'v' }], false),
    /a=mid:v\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=candidate:1 /);
});

test('an a= that is already there is not written twice', () => {
  assert.match(buildFragment(sdp, [{ ...host, candidate: `a=${host.candidate}` }], false),
    /\r\na=candidate:1 /);
});
