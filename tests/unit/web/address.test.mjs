import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointUrl, readAddress, sessionUrl, withoutToken } from
  '../../../pipelines/web/address.js';

test('an address without settings has the defaults', () => {
  assert.deepEqual(readAddress('http://localhost:8080/call'), {
    token: '', name: '', path: '', codec: '', quality: '', bitrate: 0, video: true, audio: true,
    source: '', autostart: false,
  });
});

test('settings are read from the query', () => {
  const settings = readAddress(
    'https://x/call?name=%20Bob%20&codec=h264&quality=720p&bitrate=1500&video=0&audio=no&autostart=1');
  assert.equal(settings.name, 'Bob');
  assert.equal(settings.codec, 'H264');
  assert.equal(settings.quality, '720');
  assert.equal(settings.bitrate, 1500);
  assert.equal(settings.video, false);
  assert.equal(settings.audio, false);
  assert.equal(settings.autostart, true);
});

test('a bare autostart is on, a zero is off', () => {
  assert.equal(readAddress('http://x/call?autostart').autostart, true);
  assert.equal(readAddress('http://x/call?autostart=0').autostart, false);
});

test('nonsense numbers are none', () => {
  assert.equal(readAddress('http://x/call?bitrate=much').bitrate, 0);
  assert.equal(readAddress('http://x/call?bitrate=-3').bitrate, 0);
});

test('the token comes from fragment or query, and leaves both', () => {
  assert.equal(readAddress('http://x/watch#token=a%20b').token, 'a b');
  assert.equal(readAddress('http://x/watch?token=q').token, 'q');
  assert.equal(readAddress('http://x/watch?token=q#token=f').token, 'f');
  assert.equal(withoutToken('http://x/watch?token=q&name=A#token=f'), 'http://x/watch?name=A');
  assert.equal(withoutToken('http://x/watch#token=f&path=%2Fa'), 'http://x/watch#path=%2Fa');
  assert.equal(withoutToken('http://x/watch#stats'), 'http://x/watch#stats');
});

test('only a path on this server is taken', () => {
  assert.equal(readAddress('http://x/watch?path=/whep/main').path, '/whep/main');
  for (const path of ['//evil.example/whep', 'https://evil.example/', '/\\evil.example', 'whep']) {
    assert.equal(readAddress(`http://x/watch?path=${encodeURIComponent(path)}`).path, '', path);
  }
});

test('endpoints stand in the folder of the page', () => {
  assert.equal(endpointUrl('/whip', 'http://x:8080/call?name=A'), 'http://x:8080/whip');
  assert.equal(endpointUrl('/whip', 'https://x/studio/call'), 'https://x/studio/whip');
  assert.equal(endpointUrl('/status', 'http://x/'), 'http://x/status');
});

test('a Location may be absolute, relative or missing', () => {
  assert.equal(sessionUrl('/whip/1?a=b', 'http://x:8080/whip'), 'http://x:8080/whip/1?a=b');
  assert.equal(sessionUrl('http://y/s/1', 'http://x/whip'), 'http://y/s/1');
  assert.equal(sessionUrl(null, 'http://x/whip'), null);
});

test('a Location keeps to https behind a proxy of the same name only', () => {
  assert.equal(sessionUrl('http://x/whip/1', 'https://x/whip'), 'https://x/whip/1');
  assert.equal(sessionUrl('http://x:8080/whip/1', 'https://x:8443/whip'),
    'https://x:8443/whip/1');
  assert.equal(sessionUrl('http://y/whip/1', 'https://x/whip'), 'http://y/whip/1');
});
