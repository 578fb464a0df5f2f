// Reads a segment of an MPEG transport stream (ISO/IEC 13818-1): H264 pictures and AAC frames with
// their times. Pure.

const packetSize = 188;
const types = { 0x1b: 'video', 0x0f: 'audio' }; // H264; AAC with ADTS headers
const rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];

/** The PES packets of each stream, put together. */
function collect(bytes) {
  let mapId = null;
  const streams = new Map(); // by packet id
  for (let at = 0; at + packetSize <= bytes.length; at += packetSize) {
    if (bytes[at] !== 0x47) {
      throw new Error('this is no transport stream');
    }
    const starts = (bytes[at + 1] & 0x40) !== 0;
    const id = (bytes[at + 1] & 0x1f) << 8 | bytes[at + 2];
    const adaptation = bytes[at + 3] >> 4 & 3;
    let from = at + 4;
    if (adaptation & 2) {
      from += 1 + bytes[from];
    }
    const end = at + packetSize;
    if (!(adaptation & 1) || from >= end) {
      continue;
    }
    if (id === 0 && starts) {
      const table = from + 1 + bytes[from];
      mapId = (bytes[table + 10] & 0x1f) << 8 | bytes[table + 11];
    } else if (id === mapId && starts) {
      readMap(bytes, from + 1 + bytes[from], streams);
    } else if (streams.has(id)) {
      const { packets } = streams.get(id);
      if (starts) {
        packets.push([]);
      }
      packets.at(-1)?.push(bytes.subarray(from, end));
    }
  }
  return [...streams.values()];
}

// The program map: which packet id carries what.
function readMap(bytes, table, streams) {
  const end = table + 3 + ((bytes[table + 1] & 0x0f) << 8 | bytes[table + 2]) - 4;
  let at = table + 12 + ((bytes[table + 10] & 0x0f) << 8 | bytes[table + 11]);
  while (at + 5 <= end) {
    const kind = types[bytes[at]];
    const id = (bytes[at + 1] & 0x1f) << 8 | bytes[at + 2];
    if (kind && !streams.has(id)) {
      streams.set(id, { kind, packets: [] });
    }
    at += 5 + ((bytes[at + 3] & 0x0f) << 8 | bytes[at + 4]);
  }
}

function join(parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// 33 bits of 90 kHz.
function readTime(bytes, at) {
  return (bytes[at] >> 1 & 7) * 2 ** 30 + (bytes[at + 1] << 22) + (bytes[at + 2] >> 1 << 15) +
    (bytes[at + 3] << 7) + (bytes[at + 4] >> 1);
}

/** A PES packet: when it is shown and decoded, in 1/90000 s, and what it carries. */
function readPacket(parts) {
  const bytes = join(parts);
  if (bytes.length < 9 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 1) {
    return null;
  }
  const flags = bytes[7] >> 6;
  if (!(flags & 2)) {
    return null; // without a time it is of no use
  }
  const shown = readTime(bytes, 9);
  const size = bytes[4] << 8 | bytes[5];
  return {
    shown,
    decoded: flags & 1 ? readTime(bytes, 14) : shown,
    data: bytes.subarray(9 + bytes[8], size ? 6 + size : bytes.length),
  };
}

/** The NAL units of a byte stream (ITU-T H.264, annex B). */
export function nalUnits(bytes) {
  const units = [];
  let start = -1;
  for (let at = 0; at + 2 < bytes.length; at++) {
    if (bytes[at] !== 0 || bytes[at + 1] !== 0 || bytes[at + 2] !== 1) {
      continue;
    }
    if (start >= 0) {
      units.push(bytes.subarray(start, at));
    }
    start = at + 3;
    at += 2;
  }
  if (start >= 0) {
    units.push(bytes.subarray(start));
  }
  // Zeros before a start code belong to nobody.
  return units.map((unit) => {
    let end = unit.length;
    while (end > 0 && unit[end - 1] === 0) {
      end -= 1;
    }
    return unit.subarray(0, end);
  }).filter((unit) => unit.length > 0);
}

function readVideo(packets) {
  const video = { samples: [], sps: null, pps: null };
  for (const { shown, decoded, data } of packets) {
    const units = [];
    let key = false;
    for (const unit of nalUnits(data)) {
      const type = unit[0] & 0x1f;
      key ||= type === 5;
      if (type === 7) {
        video.sps = unit;
      } else if (type === 8) {
        video.pps = unit;
      } else if (type !== 9) { // access unit delimiter
        units.push(unit);
      }
    }
    if (units.length > 0) {
      video.samples.push({ shown, decoded, key, units });
    }
  }
  return video;
}

// ADTS (ISO/IEC 14496-3, annex 1.A.2).
function readAudio(packets) {
  const audio = { samples: [], profile: 0, rateIndex: 0, rate: 0, channels: 0 };
  for (const { shown, data } of packets) {
    let time = shown;
    for (let at = 0; at + 7 <= data.length && data[at] === 0xff && data[at + 1] >> 4 === 0xf;) {
      const head = data[at + 1] & 1 ? 7 : 9;
      const size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5;
      if (size <= head) {
        break;
      }
      audio.profile = (data[at + 2] >> 6) + 1;
      audio.rateIndex = data[at + 2] >> 2 & 0xf;
      audio.rate = rates[audio.rateIndex] ?? 0;
      audio.channels = (data[at + 2] & 1) << 2 | data[at + 3] >> 6;
      audio.samples.push({ shown: time, decoded: time, data: data.subarray(at + head, at + size) });
      time += 1024 * 90000 / audio.rate;
      at += size;
    }
  }
  return audio;
}

/**
 * @param {Uint8Array} bytes a whole segment
 * @returns {{video: {samples: {shown: number, decoded: number, key: boolean,
 *   units: Uint8Array[]}[], sps: Uint8Array|null, pps: Uint8Array|null}|null,
 *   audio: {samples: {shown: number, decoded: number, data: Uint8Array}[], profile: number,
 *   rateIndex: number, rate: number, channels: number}|null}} times in 1/90000 s
 * @throws {Error} when it is something else
 */
export function readTransportStream(bytes) {
  const found = { video: null, audio: null };
  for (const { kind, packets } of collect(bytes)) {
    const read = packets.map(readPacket).filter(Boolean);
    if (read.length > 0) {
      found[kind] ??= kind === 'video' ? readVideo(read) : readAudio(read);
    }
  }
  return found;
}
