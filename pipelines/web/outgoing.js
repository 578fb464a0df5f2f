// What a call sends: at most one picture and one sound, each of which can be changed alone.
//
// Life: open() asks for devices, change() replaces a part of them, stop() lets go. Events:
// `change` when tracks came or went, `ended` with {kind} when a device or a screen went away.

import { capture, none, qualities } from './capture.js';

const kinds = ['audio', 'video'];

export class Outgoing extends EventTarget {
  #asking = false;

  /** The MediaStream with the tracks to send, or null. */
  stream = null;

  track(kind) {
    return this.stream?.getTracks().find((track) => track.kind === kind) ?? null;
  }

  /** Whether the browser is asking the person for something right now. */
  get asking() {
    return this.#asking;
  }

  /**
   * Opens all that was chosen, in place of what is open.
   * @param {object} choice as capture() takes it
   * @throws {DOMException} as capture(); what was open stays so
   */
  async open(choice) {
    await this.#replace(kinds, choice);
  }

  /**
   * Opens what one changed part of the choice needs.
   * @param {'source'|'camera'|'microphone'|'quality'} part
   * @param {object} choice
   * @throws {DOMException} as capture(); what was open stays so
   */
  async change(part, choice) {
    if (part === 'source') {
      await this.#replace(kinds, choice);
    } else if (part === 'camera') {
      await this.#replace(['video'], { ...choice, microphone: none });
    } else if (part === 'quality') {
      await this.#reshape(choice);
    } else if (choice.microphone === none) {
      this.#use([], ['audio']);
    } else {
      await this.#replace(['audio'], { ...choice, source: 'sound' });
    }
  }

  async #replace(which, choice) {
    if (this.#asking) {
      throw new DOMException('a question is open', 'InvalidStateError');
    }
    this.#asking = true;
    try {
      const stream = await this.#captureInPlace(choice);
      this.#use(stream.getTracks(), which);
    } finally {
      this.#asking = false;
    }
  }

  // Phones open one camera at a time: when the next one won't start, the present one goes first.
  async #captureInPlace(choice) {
    try {
      return await capture(choice);
    } catch (error) {
      const held = choice.source === 'camera' && this.track('video');
      if (!held || !['NotReadableError', 'AbortError'].includes(error.name)) {
        throw error;
      }
      held.stop();
      return capture(choice);
    }
  }

  // Another size for the camera that is open. A camera that can't stays as it is.
  async #reshape({ source, quality }) {
    const { width, height, frameRate } = qualities[quality];
    if (source === 'camera') {
      await this.track('video')?.applyConstraints({
        width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: frameRate },
      });
      this.dispatchEvent(new Event('change'));
    }
  }

  #use(fresh, which) {
    const old = this.stream?.getTracks().filter(({ kind }) => which.includes(kind)) ?? [];
    const kept = this.stream?.getTracks().filter((track) => !old.includes(track)) ?? [];
    for (const track of fresh) {
      track.enabled = this.track(track.kind)?.enabled ?? true; // muted stays muted
      track.addEventListener('ended', () => this.#onEnded(track));
    }
    this.stream = new MediaStream([...kept, ...fresh]);
    this.dispatchEvent(new Event('change'));
    old.forEach((track) => track.stop());
  }

  #onEnded(track) {
    if (this.stream?.getTracks().includes(track)) {
      this.dispatchEvent(new CustomEvent('ended', { detail: { kind: track.kind } }));
    }
  }

  /** Whether everything that was open has ended. */
  get isOver() {
    return !this.stream || this.stream.getTracks().every(({ readyState }) => readyState === 'ended');
  }

  /** Sends silence or black instead of a track, or the track again. */
  toggle(kind) {
    const track = this.track(kind);
    if (track) {
      track.enabled = !track.enabled;
      this.dispatchEvent(new Event('change'));
    }
  }

  /** Lets go of all devices. */
  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.dispatchEvent(new Event('change'));
  }
}
