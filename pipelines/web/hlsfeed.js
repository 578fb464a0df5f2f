// Plays an HLS stream of H264 and AAC in a browser that can't by itself: fetches playlist and
// segments, and feeds them to the video in a form that it takes.

import { fragment, header, mimeType } from './mp4.js';
import { parsePlaylist } from './playlist.js';
import { readTransportStream } from './ts.js';

const ahead = 3; // segments before the newest to begin at
const kept = 20; // seconds behind what is shown

async function get(url, signal) {
  const response = await fetch(url, { signal, cache: 'no-store' });
  if (!response.ok) {
    throw new Error(`${new URL(url).pathname} was answered ${response.status}`);
  }
  return response;
}

const pause = (time, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, time);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    reject(signal.reason);
  }, { once: true });
});

const event = (target, name, signal) =>
  new Promise((resolve) => target.addEventListener(name, resolve, { once: true, signal }));

export class HlsFeed {
  #video;
  #url;
  #source = new MediaSource();
  #buffer = null;
  #base = 0;
  #next = null; // number of the segment to fetch
  #count = 0;

  static isUsable() {
    return 'MediaSource' in window &&
      MediaSource.isTypeSupported('video/mp4; codecs="avc1.42e01f, mp4a.40.2"');
  }

  constructor(video, url) {
    this.#video = video;
    this.#url = url;
  }

  /** Goes on until it is aborted. @throws {Error} when it can't */
  async run(signal) {
    const address = URL.createObjectURL(this.#source);
    this.#video.src = address;
    await event(this.#source, 'sourceopen', signal);
    URL.revokeObjectURL(address);
    let unchanged = 0;
    for (;;) {
      const playlist = parsePlaylist(await (await get(this.#url, signal)).text(), this.#url);
      const end = playlist.sequence + playlist.segments.length;
      if (this.#next !== null && end < this.#next) {
        throw new Error('the stream began anew');
      }
      this.#next = Math.max(this.#next ?? end - ahead, playlist.sequence);
      unchanged = this.#next < end ? 0 : unchanged + 1;
      if (playlist.ended || unchanged > 30) {
        throw new Error('the stream has ended');
      }
      for (; this.#next < end; this.#next++) {
        const { url } = playlist.segments[this.#next - playlist.sequence];
        await this.#append(new Uint8Array(await (await get(url, signal)).arrayBuffer()), signal);
      }
      await pause(playlist.target * 500, signal);
    }
  }

  async #append(bytes, signal) {
    const stream = readTransportStream(bytes);
    if (!this.#buffer) {
      if (!stream.video?.sps || !stream.video.pps) {
        throw new Error('the stream has no H264 picture');
      }
      this.#buffer = this.#source.addSourceBuffer(mimeType(stream));
      this.#base = Math.min(...[stream.video, stream.audio].filter(Boolean)
        .map(({ samples }) => samples[0].decoded));
      await this.#write(header(stream), signal);
    }
    this.#count += 1;
    await this.#write(fragment(stream, this.#count, this.#base), signal);
    await this.#keepUp(signal);
  }

  async #write(bytes, signal) {
    this.#buffer.appendBuffer(bytes);
    await event(this.#buffer, 'updateend', signal);
  }

  // Starts at what there is, jumps over gaps, forgets what was shown long ago.
  async #keepUp(signal) {
    const { buffered, currentTime } = this.#video;
    if (buffered.length === 0) {
      return;
    }
    const from = buffered.start(buffered.length - 1);
    if (currentTime < from) {
      this.#video.currentTime = from;
    }
    if (currentTime - kept > buffered.start(0)) {
      this.#buffer.remove(0, currentTime - kept);
      await event(this.#buffer, 'updateend', signal);
    }
  }
}
