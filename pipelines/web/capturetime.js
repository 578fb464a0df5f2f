// How long ago what is shown was captured, by the sender's clock. Pure.
//
// The packets say when they were captured (header extension abs-capture-time), the sender's
// reports (RFC 3550, section 6.4.1) what its clock showed when they left. The quickest report and
// the quickest round trip tell how far that clock is from ours. Chromium gives both; elsewhere
// delay() is NaN.

/** Milliseconds from the epoch of NTP, 1900, to that of Unix. */
const ntpEpoch = 2_208_988_800_000;

export class CaptureTime {
  #reportDelay = Infinity;
  #rtt = Infinity;

  /**
   * Learns how far the sender's clock is from ours.
   * @param {RTCStatsReport|Map} report
   * @param {number} rtt in milliseconds; NaN when unknown
   */
  learn(report, rtt) {
    for (const entry of report.values()) {
      if (entry.type === 'remote-outbound-rtp' && entry.remoteTimestamp > 0) {
        this.#reportDelay = Math.min(this.#reportDelay, entry.timestamp - entry.remoteTimestamp);
      }
    }
    if (Number.isFinite(rtt)) {
      this.#rtt = Math.min(this.#rtt, rtt);
    }
  }

  /**
   * @param {Array<RTCRtpSynchronizationSource>} sources of the receiver
   * @param {number} shown when a frame is on the screen, milliseconds since 1970
   * @param {number} rtpTimestamp of that frame
   * @param {number} clockRate of rtpTimestamp, in Hz
   * @returns {number} milliseconds since it was captured; NaN when nothing tells
   */
  delay(sources, shown, rtpTimestamp, clockRate = 90_000) {
    const source = sources.find(({ captureTimestamp }) => captureTimestamp > 0);
    if (!source || !Number.isFinite(this.#reportDelay)) {
      return NaN;
    }
    // The difference of two timestamps, modulo 2^32.
    const ticks = (rtpTimestamp - source.rtpTimestamp) | 0;
    const captured = source.captureTimestamp - ntpEpoch + (1000 * ticks) / clockRate;
    const ahead = this.#reportDelay - (Number.isFinite(this.#rtt) ? this.#rtt / 2 : 0);
    return shown - captured - ahead;
  }
}
