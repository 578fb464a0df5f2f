// Notices a connection that stands while nothing comes through. Pure: time is an argument.

/** How long silence and a frozen picture are borne, in milliseconds. */
export const patience = { silence: 8000, picture: 12_000 };

export class StallWatch {
  #packets = -1;
  #frames = -1;
  #videoPackets = -1;
  #videoPacketsAtFrame = 0;
  #packetsAt = 0;
  #framesAt = 0;

  /**
   * @param {{packets: number, video: {frames: number, packets: number}|null}} figures of a Meter
   * @param {number} now milliseconds
   * @param {boolean} visible whether the page is seen; browsers may not decode for one that isn't
   * @returns {'flowing'|'stalled'|'still'} stalled: worth a new connection; still: the picture
   *   rests because none is sent, sound goes on
   */
  update(figures, now, visible) {
    const { packets, video } = figures;
    if (packets !== this.#packets) {
      this.#packets = packets;
      this.#packetsAt = now;
    }
    if (!visible || (video && video.frames !== this.#frames)) {
      this.#frames = video?.frames ?? -1;
      this.#framesAt = now;
      this.#videoPacketsAtFrame = video?.packets ?? 0;
    }
    this.#videoPackets = video?.packets ?? -1;
    if (now - this.#packetsAt >= patience.silence) {
      return 'stalled';
    }
    if (!video || now - this.#framesAt < patience.picture) {
      return 'flowing';
    }
    // Pictures come but can't be decoded: a fresh start with a keyframe helps.
    return this.#videoPackets > this.#videoPacketsAtFrame + 20 ? 'stalled' : 'still';
  }
}
