// The stream as HLS, for those whom no WebRTC path reaches: some seconds late, through anything
// that lets web pages through. Browsers that play HLS themselves do; to others its segments are
// given in a form that they take (hlsfeed.js).

import { Fault } from './fault.js';
import { HlsFeed } from './hlsfeed.js';

/** How long the first picture may take, in milliseconds. */
const startTime = 20_000;

/** Whether a browser can play HLS by itself, or be fed with it. */
export function canPlayDelayed(video) {
  return video.canPlayType('application/vnd.apple.mpegurl') !== '' || HlsFeed.isUsable();
}

export class Delayed {
  #video;
  #url;
  #feed = null;
  #stop = new AbortController();

  /** A promise of the Fault that ends it; never settled by close(). */
  lost;
  #settle;

  /**
   * @param {HTMLVideoElement} video
   * @param {string} url of the playlist
   */
  constructor(video, url) {
    this.#video = video;
    this.#url = url;
    this.lost = new Promise((resolve) => { this.#settle = resolve; });
  }

  /** Begins; settles once a picture is shown. @throws {Fault} */
  async start() {
    const { signal } = this.#stop;
    const shown = new Promise((resolve, reject) => {
      this.#video.addEventListener('loadeddata', resolve, { once: true, signal });
      setTimeout(() => reject(new Fault('media', 'no picture by HLS')), startTime);
    });
    this.#video.addEventListener('error',
      () => this.#lose(this.#video.error?.message ?? 'the video failed'), { signal });
    this.#video.srcObject = null;
    if (this.#video.canPlayType('application/vnd.apple.mpegurl') !== '') {
      this.#video.src = this.#url;
    } else {
      this.#feed = new HlsFeed(this.#video, this.#url);
      this.#feed.run(signal).catch((error) => signal.aborted || this.#lose(error.message));
    }
    await Promise.race([shown, this.lost.then((fault) => Promise.reject(fault))]);
  }

  #lose(message) {
    this.#settle(new Fault('lost', message));
  }

  close() {
    this.#stop.abort();
    this.#video.removeAttribute('src');
    this.#video.load();
  }
}
