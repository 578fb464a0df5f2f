// HLS for browsers that can't play it: playlists, transport streams and what becomes of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fragment, header, mimeType } from '../../../pipelines/web/mp4.js';
import { parsePlaylist } from '../../../pipelines/web/playlist.js';
import { pictureSize } from '../../../pipelines/web/sps.js';
import { nalUnits, readTransportStream } from '../../../pipelines/web/ts.js';

const hex = (text) => Uint8Array.from(text.match(/../g), (byte) => Number.parseInt(byte, 16));
const sps360 = hex('6742c01eda0280bfe5c05a8303035280000003008000001e478b1750');
const pps = hex('68ce3c80');

test('a live playlist', () => {
  const playlist = parsePlaylist('#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-MEDIA-SEQUENCE:6\n' +
    '#EXT-X-TARGETDURATION:2\n\n#EXTINF:2,\n00006.ts\n#EXTINF:1.5,\r\nsub/00007.ts\n',
  'http://host/hls/whep/live.m3u8');
  assert.deepEqual(playlist, {
    target: 2, sequence: 6, ended: false,
    segments: [
      { url: 'http://host/hls/whep/00006.ts', duration: 2 },
      { url: 'http://host/hls/whep/sub/00007.ts', duration: 1.5 },
    ],
  });
  assert.equal(parsePlaylist('#EXTM3U\n#EXT-X-ENDLIST', 'http://host/').ended, true);
  assert.throws(() => parsePlaylist('<html>', 'http://host/'), /no playlist/);
});

test('the size in parameter sets', () => {
  assert.deepEqual(pictureSize(sps360), { width: 640, height: 360 }); // cropped from 368 lines
});

test('NAL units of a byte stream', () => {
  const units = nalUnits(hex('000000010901000001688000' + '00000165aabb0000'));
  assert.deepEqual(units.map((unit) => Buffer.from(unit).toString('hex')), ['0901', '6880', '65aabb']);
});

function packet(id, starts, payload) {
  const bytes = new Uint8Array(188).fill(0xff);
  const room = 184 - payload.length;
  bytes.set([0x47, (starts ? 0x40 : 0) | id >> 8, id & 255, room ? 0x30 : 0x10]);
  if (room) {
    bytes[4] = room - 1;
    if (room > 1) {
      bytes[5] = 0;
    }
  }
  bytes.set(payload, 188 - payload.length);
  return bytes;
}

function time(mark, value) {
  return [mark << 4 | Math.floor(value / 2 ** 29) & 0xe | 1, value >> 22 & 255, value >> 14 & 0xfe | 1,
    value >> 7 & 255, value << 1 & 0xfe | 1];
}

// Two pictures, the second shown 1/30 s after the first, and two frames of sound in one packet.
function segment(start) {
  const map = hex('0002b01700' + '01c10000' + 'e100f000' + '1be100f000' + '0fe101f000' + '00000000');
  const table = hex('0000b00d0001c100000001f000' + '00000000');
  const picture = (at, data) => Uint8Array.from(
    [0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, ...time(2, at), ...data]);
  const key = [...hex('00000001'), ...sps360, ...hex('00000001'), ...pps, ...hex('0000000165888001')];
  const frame = [...hex('fff15040'), 0x01, 0x3f, 0xfc, 0x21, 0x10]; // 9 bytes: AAC-LC, 44100, mono
  const audio = Uint8Array.from([0, 0, 1, 0xc0, 0, 8 + 18, 0x80, 0x80, 5, ...time(2, start),
    ...frame, ...frame]);
  return Buffer.concat([
    packet(0, true, table), packet(0x1000, true, map),
    packet(0x100, true, picture(start, key)), packet(0x101, true, audio),
    packet(0x100, true, picture(start + 3000, hex('00000001419a0203'))),
  ]);
}

test('pictures and sound of a transport stream', () => {
  const { video, audio } = readTransportStream(segment(900000));
  assert.deepEqual(video.samples.map(({ shown, key }) => [shown, key]), [[900000, true], [903000, false]]);
  assert.deepEqual(video.sps, sps360);
  assert.deepEqual(video.pps, pps);
  assert.deepEqual([audio.rate, audio.channels, audio.profile], [44100, 1, 2]);
  assert.deepEqual(audio.samples.map(({ shown }) => Math.round(shown)), [900000, 902090]);
  assert.throws(() => readTransportStream(new Uint8Array(188)), /no transport stream/);
});

test('times go on where their 33 bits begin anew', () => {
  const wrapped = fragment(readTransportStream(segment(90)), 2, 2 ** 33 - 90);
  const at = Buffer.from(wrapped).indexOf('tfdt');
  assert.equal(Buffer.from(wrapped).readBigUInt64BE(at + 8), 180n);
});

test('an MP4 that is whole', () => {
  const stream = readTransportStream(segment(900000));
  assert.equal(mimeType(stream), 'video/mp4; codecs="avc1.42c01e, mp4a.40.2"');
  const whole = Buffer.concat([header(stream), fragment(stream, 1, 900000)]);
  const names = [];
  for (let at = 0; at < whole.length; at += whole.readUInt32BE(at)) {
    names.push(whole.toString('latin1', at + 4, at + 8));
  }
  assert.deepEqual(names, ['ftyp', 'moov', 'moof', 'mdat']);
  // Each track's data is where it says: a length before the key picture, the sound at the end.
  const moof = whole.indexOf('moof') - 4;
  const offsets = [whole.indexOf('trun'), whole.lastIndexOf('trun')]
    .map((at) => moof + whole.readUInt32BE(at + 12));
  assert.equal(whole.readUInt32BE(offsets[0]), 4);
  assert.equal(whole.readUInt16BE(offsets[1]), 0x2110);
});
