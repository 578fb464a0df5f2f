// Writes H264 and AAC as fragmented MP4 (ISO/IEC 14496-12 and -15), the form that Media Source
// Extensions take. Pure.

import { pictureSize } from './sps.js';

const clock = 90000;

const u8 = (...values) => Uint8Array.from(values);
const u16 = (value) => u8(value >> 8 & 255, value & 255);
const u32 = (value) => u8(value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255);
const u64 = (value) => join(u32(Math.floor(value / 2 ** 32)), u32(value % 2 ** 32));
const zeros = (count) => new Uint8Array(count);
const text = (value) => new TextEncoder().encode(value);

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function box(name, ...parts) {
  const body = join(...parts);
  return join(u32(8 + body.length), text(name), body);
}

const full = (name, version, flags, ...parts) => box(name, u32(version << 24 | flags), ...parts);

const matrix = join(u32(0x10000), zeros(12), u32(0x10000), zeros(12), u32(0x40000000));

function videoEntry({ sps, pps }, { width, height }) {
  const config = box('avcC', u8(1, sps[1], sps[2], sps[3], 0xff, 0xe1), u16(sps.length), sps, u8(1),
    u16(pps.length), pps);
  return box('avc1', zeros(6), u16(1), zeros(16), u16(width), u16(height), u32(0x480000),
    u32(0x480000), zeros(4), u16(1), zeros(32), u16(24), u16(0xffff), config);
}

function audioEntry({ profile, rateIndex, rate, channels }) {
  const specific = u8(profile << 3 | rateIndex >> 1, (rateIndex & 1) << 7 | channels << 3);
  const decoder = join(u8(0x04, 13 + 2 + specific.length, 0x40, 0x15), zeros(11),
    u8(0x05, specific.length), specific);
  const descriptor = join(u8(0x03, 3 + decoder.length + 3), u16(1), u8(0), decoder,
    u8(0x06, 1, 2));
  return box('mp4a', zeros(6), u16(1), zeros(8), u16(channels), u16(16), zeros(4), u32(rate << 16 >>> 0),
    full('esds', 0, 0, descriptor));
}

function trackBox(id, kind, media) {
  const size = kind === 'video' ? pictureSize(media.sps) : { width: 0, height: 0 };
  const entry = kind === 'video' ? videoEntry(media, size) : audioEntry(media);
  const tables = box('stbl', full('stsd', 0, 0, u32(1), entry), full('stts', 0, 0, u32(0)),
    full('stsc', 0, 0, u32(0)), full('stsz', 0, 0, u32(0), u32(0)), full('stco', 0, 0, u32(0)));
  const head = kind === 'video' ? full('vmhd', 0, 1, zeros(8)) : full('smhd', 0, 0, zeros(4));
  const references = box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, 1)));
  return box('trak',
    full('tkhd', 0, 3, zeros(8), u32(id), zeros(8), zeros(8), u16(0), u16(0),
      u16(kind === 'audio' ? 0x100 : 0), u16(0), matrix, u32(size.width * 65536),
      u32(size.height * 65536)),
    box('mdia',
      full('mdhd', 0, 0, zeros(8), u32(clock), u32(0), u16(0x55c4), u16(0)),
      full('hdlr', 0, 0, u32(0), text(kind === 'video' ? 'vide' : 'soun'), zeros(12), text('\0')),
      box('minf', head, references, tables)));
}

const kinds = ['video', 'audio'];
const present = (stream) => kinds.filter((kind) => stream[kind]);

/** The type of what is written, for addSourceBuffer(). */
export function mimeType(stream) {
  const hex = (byte) => byte.toString(16).padStart(2, '0');
  const names = present(stream).map((kind) => kind === 'video'
    ? `avc1.${[...stream.video.sps.subarray(1, 4)].map(hex).join('')}`
    : `mp4a.40.${stream.audio.profile}`);
  return `video/mp4; codecs="${names.join(', ')}"`;
}

/** The header: what readTransportStream() found in a segment that has parameter sets. */
export function header(stream) {
  const ids = present(stream).map((kind, at) => [kind, at + 1]);
  return join(
    box('ftyp', text('iso5'), u32(512), text('iso5'), text('avc1')),
    box('moov',
      full('mvhd', 0, 0, zeros(8), u32(clock), u32(0), u32(0x10000), u16(0x100), zeros(10), matrix,
        zeros(24), u32(ids.length + 1)),
      ...ids.map(([kind, id]) => trackBox(id, kind, stream[kind])),
      box('mvex', ...ids.map(([, id]) =>
        full('trex', 0, 0, u32(id), u32(1), u32(0), u32(0), u32(0))))));
}

const dataOf = (sample) => sample.data ??
  join(...sample.units.flatMap((unit) => [u32(unit.length), unit]));

const wrap = 2 ** 33;
/** From one 33-bit time to another, the short way round. */
const since = (from, time) => ((time - from + wrap * 1.5) % wrap) - wrap / 2;

// A track's part of a fragment; `offset` is where its data begins, from the start of the moof.
function fragmentBox(id, samples, base, offset) {
  const times = samples.map(({ decoded }) => Math.max(0, Math.round(since(base, decoded))));
  const last = times.length - 1;
  const duration = (at) => at < last ? Math.max(1, times[at + 1] - times[at])
    : last > 0 ? Math.max(1, times[last] - times[last - 1]) : clock / 30;
  const entries = samples.map(({ shown, decoded, key, units, size }, at) => join(
    u32(duration(at)), u32(size), u32(!units || key ? 0x2000000 : 0x1010000),
    u32(Math.round(since(decoded, shown)))));
  return box('traf',
    full('tfhd', 0, 0x20000, u32(id)), // offsets are from the moof
    full('tfdt', 1, 0, u64(times[0])),
    full('trun', 0, 0xf01, u32(samples.length), u32(offset), ...entries));
}

/**
 * A fragment.
 * @param {object} stream what readTransportStream() found
 * @param {number} number of the fragment, from 1
 * @param {number} base the time that counts as nought, in 1/90000 s
 */
export function fragment(stream, number, base) {
  const tracks = present(stream).map((kind, at) => {
    const data = stream[kind].samples.map(dataOf);
    const samples = stream[kind].samples.map((sample, i) => ({ ...sample, size: data[i].length }));
    return { id: at + 1, samples, data: join(...data) };
  });
  const moof = (start) => {
    let offset = start;
    const parts = tracks.map(({ id, samples, data }) => {
      const part = fragmentBox(id, samples, base, offset);
      offset += data.length;
      return part;
    });
    return box('moof', full('mfhd', 0, 0, u32(number)), ...parts);
  };
  const size = moof(0).length;
  return join(moof(size + 8), box('mdat', ...tracks.map(({ data }) => data)));
}
