// The figures of a connection, from two readings of its statistics. Pure.
//
// A Meter remembers the counters of the reading before, so rates are of the time between two
// calls of measure(), and of the whole time at the first.

const nothing = Object.freeze({ bytes: 0, frames: 0, packets: 0, lost: 0, delay: 0, emitted: 0 });

function byType(report) {
  const found = { video: null, audio: null, remoteVideo: null, remoteAudio: null, pair: null };
  let transport = null;
  const pairs = [];
  for (const entry of report.values()) {
    const kind = entry.kind ?? entry.mediaType;
    if (entry.type === 'inbound-rtp' || entry.type === 'outbound-rtp') {
      found[kind] ??= entry;
    } else if (entry.type === 'remote-inbound-rtp') {
      found[kind === 'video' ? 'remoteVideo' : 'remoteAudio'] ??= entry;
    } else if (entry.type === 'transport') {
      transport = entry;
    } else if (entry.type === 'candidate-pair') {
      pairs.push(entry);
    }
  }
  // Firefox has no transport entry that names the pair, but marks it.
  found.pair = report.get(transport?.selectedCandidatePairId) ??
    pairs.find((pair) => pair.selected) ??
    pairs.find((pair) => pair.nominated && pair.state === 'succeeded') ?? null;
  return found;
}

function counters(entry, remote) {
  return {
    bytes: entry.bytesReceived ?? entry.bytesSent ?? 0,
    frames: entry.framesDecoded ?? entry.framesEncoded ?? 0,
    packets: entry.packetsReceived ?? entry.packetsSent ?? 0,
    lost: Math.max(0, entry.packetsLost ?? remote?.packetsLost ?? 0),
    delay: entry.jitterBufferDelay ?? 0,
    emitted: entry.jitterBufferEmittedCount ?? 0,
  };
}

function lossShare(now, before, sending) {
  const lost = Math.max(0, now.lost - before.lost);
  const all = now.packets - before.packets + (sending ? 0 : lost);
  return all > 0 ? Math.min(1, lost / all) : 0;
}

export class Meter {
  #at = null;
  #before = { video: nothing, audio: nothing };

  /**
   * @param {RTCStatsReport|Map} report of a connection that only sends or only receives
   * @param {number} now milliseconds, of any clock
   * @param {number} start when the connection began, on the same clock
   * @returns {{rate: number, rtt: number, delay: number, lost: number, lossShare: number,
   *   bytes: number, packets: number, video: object|null, audio: object|null}} rate in bit/s, rtt
   *   and delay in ms (NaN when unknown). delay is an estimate of what network and jitter buffer
   *   add: half the round trip and the time frames waited in the buffer; capture, encoding and
   *   the screen come on top
   */
  measure(report, now, start = now) {
    const found = byType(report);
    const seconds = (now - (this.#at ?? start)) / 1000;
    this.#at = now;
    const video = this.#track('video', found.video, found.remoteVideo, report, seconds);
    const audio = this.#track('audio', found.audio, found.remoteAudio, report, seconds);
    const tracks = [video, audio].filter(Boolean);
    const sum = (key) => tracks.reduce((total, track) => total + track[key], 0);
    const rtt = 1000 * (found.pair?.currentRoundTripTime ??
      found.remoteVideo?.roundTripTime ?? found.remoteAudio?.roundTripTime ?? NaN);
    const waited = video?.waited ?? audio?.waited ?? NaN;
    return {
      rate: sum('rate'), rtt, delay: waited + (Number.isFinite(rtt) ? rtt / 2 : 0),
      lost: sum('lost'), lossShare: Math.max(0, ...tracks.map((track) => track.lossShare)),
      bytes: sum('bytes'), packets: sum('packets'), video, audio,
    };
  }

  #track(kind, entry, remote, report, seconds) {
    if (!entry) {
      return null;
    }
    const now = counters(entry, remote);
    // A counter that went back belongs to a new connection.
    const before = now.bytes < this.#before[kind].bytes ? nothing : this.#before[kind];
    this.#before[kind] = now;
    const emitted = now.emitted - before.emitted;
    const perSecond = (key) => (seconds > 0 ? (now[key] - before[key]) / seconds : 0);
    const codec = report.get(entry.codecId)?.mimeType?.split('/')[1] ?? '';
    return {
      rate: 8 * perSecond('bytes'), bytes: now.bytes, packets: now.packets, lost: now.lost,
      lossShare: lossShare(now, before, entry.type === 'outbound-rtp'),
      codec, waited: emitted > 0 ? (1000 * (now.delay - before.delay)) / emitted : NaN,
      width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0, frames: now.frames,
      fps: entry.framesPerSecond ?? perSecond('frames'),
      limit: entry.qualityLimitationReason ?? 'none',
    };
  }
}
