// The player page: watches at once, muted, and comes back by itself.
//
// document.documentElement.dataset.state: idle, connecting, playing, waiting, reconnecting,
// failed. Where WebRTC finds no way and the server has the stream as HLS too, that is played, with
// data-way "hls". window.gstRtc gives tests and the curious the same, the connection and its figures.

import { CaptureTime } from './capturetime.js';
import { Delayed, canPlayDelayed } from './delayed.js';
import { Fault } from './fault.js';
import { Lasting } from './lasting.js';
import { Meter } from './meter.js';
import { Peer } from './peer.js';
import { Controls } from './player.js';
import { StallWatch } from './stall.js';
import { findEndpoint, keepToken, takeSettings, tokenFor } from './status.js';
import { askToken, byId, keepAwake, setText, showFigures, showState } from './ui.js';
import { askForCaptureTimes, askForSilence } from './wishes.js';
import { codecWords, faultWords, lossWords, millisecondWords, rateWords } from './words.js';

const delayTitles = {
  measured: 'From the capture of a picture to the screen, by the sender\'s clock.',
  estimated: 'Half the round trip and the time in the jitter buffer. Capture, encoding and the ' +
    'screen come on top.',
};

/** How often the figures are read, in milliseconds. */
const interval = 1000;

const badges = {
  idle: 'Stopped', connecting: 'Connecting', playing: 'Live', waiting: 'Waiting',
  reconnecting: 'Reconnecting', failed: 'Stopped',
};

class Watch {
  #settings = takeSettings(['whep']);
  #video = byId('video');
  #controls = new Controls(byId('stage'), this.#video);
  #lasting = new Lasting(() => this.#open(), () => Infinity);
  #endpoint = null;
  #meter = new Meter();
  #outerMeter = new Meter();
  #captureTime = new CaptureTime();
  #captureDelay = NaN; // of the picture that was looked at last
  #stall = new StallWatch();
  #connectedAt = 0;
  #timer = 0;
  #release = null;
  #leaving = false;
  #delayed = null;

  state = 'idle';

  constructor() {
    this.#lasting.addEventListener('state', ({ detail }) => this.#onState(detail));
    for (const event of ['playing', 'resize', 'loadeddata']) {
      this.#video.addEventListener(event, () => this.#onPicture());
    }
    byId('again').addEventListener('click', () => this.start());
    window.addEventListener('pagehide', () => this.#leave());
    window.addEventListener('pageshow', () => this.#comeBack());
    window.addEventListener('online', () => this.#lasting.wake());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') {
        this.#lasting.wake();
      }
    });
  }

  async start() {
    this.#become('connecting');
    this.#endDelayed();
    this.#endpoint = await findEndpoint('whep', this.#settings.path);
    if (this.#endpoint.tokenRequired && !tokenFor('whep')) {
      await this.#askToken(new Fault('http', 'token needed', { status: 401 }));
      return;
    }
    this.#lasting.start();
  }

  #open() {
    this.#stall = new StallWatch();
    this.#meter = new Meter();
    this.#outerMeter = new Meter();
    this.#captureTime = new CaptureTime();
    this.#captureDelay = NaN;
    return new Peer({
      endpoint: this.#endpoint.url,
      token: tokenFor('whep'),
      setUp: (pc) => this.#receive(pc),
      wish: askForSilence,
    });
  }

  #receive(pc) {
    const stream = new MediaStream();
    pc.addEventListener('track', ({ track, receiver }) => {
      // As little buffer as the network allows. Browsers without it have a sane default.
      if ('jitterBufferTarget' in receiver) {
        receiver.jitterBufferTarget = 0;
      } else if ('playoutDelayHint' in receiver) {
        receiver.playoutDelayHint = 0;
      }
      stream.addTrack(track);
      this.#video.srcObject = stream;
      this.#controls.play();
    });
    askForCaptureTimes(pc.addTransceiver('video', { direction: 'recvonly' }));
    pc.addTransceiver('audio', { direction: 'recvonly' });
  }

  #onState({ state, fault }) {
    clearInterval(this.#timer);
    if (state === 'connected') {
      this.#connectedAt = performance.now();
      this.#timer = setInterval(() => this.#look(), interval);
      return; // playing begins with the first picture or sound
    }
    if (fault?.kind === 'media' && this.#endpoint.hls && canPlayDelayed(this.#video)) {
      this.#playDelayed(fault);
      return;
    }
    this.#become(state, fault);
    if (fault?.status === 401) {
      this.#askToken(fault);
    }
  }

  // No way for media by WebRTC: what comes later by HTTP is better than nothing.
  async #playDelayed(fault) {
    this.#lasting.stop();
    this.#become('reconnecting', fault);
    const delayed = new Delayed(this.#video, this.#endpoint.hls);
    this.#delayed = delayed;
    document.documentElement.dataset.way = 'hls';
    try {
      const begun = delayed.start();
      this.#controls.play();
      await begun;
      this.#become('playing');
      setText(byId('badge-text'), 'Some seconds late');
      await delayed.lost;
    } catch {
      // The next attempt by WebRTC says what is wrong.
    }
    if (this.#delayed === delayed) {
      this.start();
    }
  }

  #endDelayed() {
    this.#delayed?.close();
    this.#delayed = null;
    delete document.documentElement.dataset.way;
  }

  #become(state, fault = null) {
    this.state = state;
    showState(state);
    setText(byId('badge-text'), badges[state]);
    const words = fault ? faultWords(fault, 'watch', tokenFor('whep') !== '') : null;
    if (state === 'connecting') {
      setText(byId('title'), 'Connecting');
      setText(byId('detail'), '');
    } else if (words) {
      const again = state === 'reconnecting' ? ' Trying again…' : '';
      setText(byId('title'), words.title);
      setText(byId('detail'), words.detail + again);
    }
    byId('again').hidden = state !== 'failed';
    document.title = `${state === 'playing' ? '● ' : ''}${badges[state]} · gst-rtc`;
    if (state === 'playing') {
      this.#release ??= keepAwake();
    } else {
      this.#release?.();
      this.#release = null;
      byId('brief').textContent = '';
      showFigures(byId('figures'), {});
    }
  }

  #onPicture() {
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth > 0) {
      document.documentElement.dataset.media = 'video';
      byId('stage').style.setProperty('--ratio', `${videoWidth} / ${videoHeight}`);
      if (this.#lasting.state === 'connected' && this.state !== 'playing') {
        this.#become('playing');
        this.#look();
      }
    }
  }

  // Once a second: the figures, whether anything comes, and the start of a sound-only stream.
  async #look() {
    const peer = this.#lasting.peer;
    const report = await peer?.pc.getStats();
    if (!report || peer !== this.#lasting.peer || this.#lasting.state !== 'connected') {
      return;
    }
    const now = performance.now();
    const figures = this.#meter.measure(report, now, this.#connectedAt);
    this.#captureTime.learn(report, figures.rtt);
    this.#timeNextPicture(peer);
    const flow = this.#stall.update(figures, now, document.visibilityState === 'visible');
    if (flow === 'stalled') {
      this.#lasting.lose(new Fault('stalled', 'nothing came through'));
      return;
    }
    const soundOnly = figures.video === null || figures.video.packets === 0;
    if (this.state !== 'playing' && figures.packets > 0 &&
        (soundOnly || this.#controls.isBlocked)) {
      document.documentElement.dataset.media = soundOnly ? 'sound' : 'video';
      this.#become('playing');
    }
    if (this.state === 'playing') {
      this.#showFigures(figures, flow);
    }
  }

  // How late the next picture is on the screen.
  #timeNextPicture(peer) {
    this.#video.requestVideoFrameCallback?.((now, { expectedDisplayTime, rtpTimestamp }) => {
      if (peer !== this.#lasting.peer || !Number.isFinite(rtpTimestamp)) {
        return;
      }
      const receiver = peer.pc.getReceivers().find(({ track }) => track.kind === 'video');
      this.#captureDelay = this.#captureTime.delay(receiver?.getSynchronizationSources() ?? [],
        performance.timeOrigin + expectedDisplayTime, rtpTimestamp);
    });
  }

  #delayWords(estimate) {
    const measured = Number.isFinite(this.#captureDelay);
    byId('delay-name').title = delayTitles[measured ? 'measured' : 'estimated'];
    if (measured) {
      return millisecondWords(this.#captureDelay);
    }
    return Number.isFinite(estimate) ? `≈ ${millisecondWords(estimate)}` : '–';
  }

  #showFigures(figures, flow) {
    const { video, audio } = figures;
    const size = video?.width ? `${video.width}×${video.height}` : 'none';
    showFigures(byId('figures'), {
      size,
      fps: video ? `${Math.round(video.fps)} /s` : '–',
      rate: rateWords(figures.rate),
      delay: this.#delayWords(figures.delay),
      lost: lossWords(figures.lost, figures.lossShare),
      codec: codecWords(video, audio),
    });
    byId('brief').textContent = video?.height
      ? `${video.height}p · ${rateWords(figures.rate)}` : rateWords(figures.rate);
    setText(byId('badge-text'), flow === 'still' ? 'Picture rests' : badges.playing);
  }

  async #askToken(fault) {
    this.#become('failed', fault);
    const { title, detail } = faultWords(fault, 'watch', tokenFor('whep') !== '');
    const token = await askToken(title, detail);
    if (token) {
      keepToken('whep', token);
      this.start();
    }
  }

  #leave() {
    this.#leaving = true;
    clearInterval(this.#timer);
    this.#lasting.stop();
    this.#endDelayed();
  }

  // From the back-forward cache, where the page was kept whole.
  #comeBack() {
    if (this.#leaving) {
      this.#leaving = false;
      this.start();
    }
  }

  get pc() {
    return this.#lasting.peer?.pc ?? null;
  }

  /** Fresh figures; rates are of the time since they were last asked for. */
  async stats() {
    const report = await this.pc?.getStats();
    return report ? {
      ...this.#outerMeter.measure(report, performance.now(), this.#connectedAt),
      captureDelay: this.#captureDelay,
    } : null;
  }
}

const watch = new Watch();
window.gstRtc = {
  get state() { return watch.state; },
  get pc() { return watch.pc; },
  stats: () => watch.stats(),
};
watch.start();
