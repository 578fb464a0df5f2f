// The call page: sends camera, screen or voice by WHIP.
//
// document.documentElement.dataset.state: idle, preview, calling, on-call, reconnecting, ended,
// failed; window.gstRtc gives tests and the curious the same, the connection and its figures.

import { CallView } from './callview.js';
import { isAllowed, isSecure } from './capture.js';
import { Choice } from './choice.js';
import { Lasting } from './lasting.js';
import { Level } from './level.js';
import { Meter } from './meter.js';
import { Outgoing } from './outgoing.js';
import { Peer } from './peer.js';
import { addTracks, limitVideo, replaceTracks } from './sending.js';
import { findEndpoint, keepToken, takeSettings, tokenFor } from './status.js';
import { askToken, byId, keepAwake } from './ui.js';
import { captureWords, faultWords, sizeWords, timeWords } from './words.js';

/** How often the figures are read, in milliseconds. */
const interval = 1000;

/** How long a broken call tries to come back, in milliseconds. */
const patience = 90_000;

const invitations = {
  camera: 'See yourself first', screen: 'Choose what to show', sound: 'Hear yourself first',
};

class Call {
  #settings = takeSettings(['whip']);
  #view = new CallView();
  #choice = new Choice(this.#settings);
  #level = new Level(byId('level-bar'));
  #lasting = new Lasting(() => this.#open(), (wasConnected) => (wasConnected ? patience : 0));
  #endpoint = null;
  #outgoing = new Outgoing();
  #meter = new Meter();
  #outerMeter = new Meter();
  #connectedAt = 0;
  #begunAt = 0;
  #sentBefore = 0; // bytes, by the connections before this one
  #sent = 0;
  #timer = 0;
  #release = null;

  state = 'idle';

  constructor() {
    this.#lasting.addEventListener('state', ({ detail }) => this.#onState(detail));
    byId('panel').addEventListener('submit', (event) => {
      event.preventDefault();
      this.call();
    });
    byId('panel').addEventListener('change', (event) => this.#onChoice(event.target));
    byId('begin').addEventListener('click', () =>
      (this.state === 'ended' || this.#settings.autostart ? this.call() : this.preview()));
    byId('hangup').addEventListener('click', () => this.hangUp());
    byId('mute').addEventListener('click', () => this.#outgoing.toggle('audio'));
    byId('blank').addEventListener('click', () => this.#outgoing.toggle('video'));
    document.addEventListener('keydown', (event) => this.#onKey(event));
    this.#outgoing.addEventListener('change', () => this.#showOutgoing());
    this.#outgoing.addEventListener('ended', ({ detail }) => this.#onEnded(detail.kind));
    window.addEventListener('online', () => this.#lasting.wake());
    window.addEventListener('pagehide', () => this.hangUp());
    navigator.mediaDevices?.addEventListener('devicechange', () =>
      this.#choice.fill(this.#outgoing.stream));
  }

  /** What the page does as it opens. */
  async begin() {
    this.#showOutgoing();
    this.#become('idle');
    if (!isSecure()) {
      this.#become('failed', captureWords({ name: 'InsecureContextError' }));
      byId('panel').hidden = true;
      return;
    }
    await this.#choice.fill();
    const { source } = this.#choice;
    if (this.#settings.autostart) {
      // A link is not a person's word: nothing is opened or sent before a press.
      this.#become('idle', { title: 'Ready to call', detail: '' }, 'call');
    } else if (source === 'camera' && await isAllowed(['camera', 'microphone'])) {
      await this.preview();
    } else {
      this.#invite();
    }
  }

  #invite(title = invitations[this.#choice.source]) {
    this.#become('idle', { title, detail: '' }, this.#choice.source);
  }

  get #isBusy() {
    return ['calling', 'on-call', 'reconnecting'].includes(this.state);
  }

  #become(state, words = null, begin = '') {
    this.state = state;
    this.#view.show(state, words, begin);
    this.#choice.settle(this.#isBusy, this.#outgoing.stream);
    if (this.#isBusy) {
      this.#release ??= keepAwake();
    } else {
      this.#release?.();
      this.#release = null;
      clearInterval(this.#timer);
    }
  }

  /** Opens camera, screen or microphone and shows them. Whether that worked. */
  async preview() {
    if (!await this.#take()) {
      return false;
    }
    this.#become('preview');
    return true;
  }

  // Opens what was chosen, or one part of it. Whether that worked.
  async #take(part = '') {
    if (this.#outgoing.asking) {
      return false;
    }
    const { wanted } = this.#choice;
    try {
      await (part ? this.#outgoing.change(part, wanted) : this.#outgoing.open(wanted));
      this.#choice.keep();
      await this.#choice.fill(this.#outgoing.stream);
      return true;
    } catch (error) {
      const words = captureWords(error, part === 'microphone' ? 'sound' : wanted.source);
      if (this.#outgoing.stream) {
        this.#view.notice(`${words.title}. ${words.detail}`); // what was open goes on
        this.#choice.fill(this.#outgoing.stream);
      } else {
        this.#become('failed', words, 'again');
      }
      return false;
    }
  }

  #showOutgoing() {
    const { stream } = this.#outgoing;
    this.#view.showStream(stream, this.#choice.wanted.source);
    this.#level.follow(this.#outgoing.track('audio'));
  }

  #onEnded(kind) {
    const shared = kind === 'video' && this.#choice.wanted.source === 'screen';
    const thing = { audio: 'The microphone', video: shared ? 'Sharing' : 'The camera' }[kind];
    if (!this.#isBusy) {
      this.#outgoing.stop();
      this.#invite(`${thing} has stopped`);
      return;
    }
    if (this.#outgoing.isOver) {
      this.hangUp();
    }
    this.#view.notice(`${thing} has stopped.`);
  }

  async #onChoice(input) {
    const before = this.#choice.wanted.source;
    const part = input.name === 'source' ? 'source' : input.id;
    if (part === 'source') {
      this.#choice.source = input.value;
    }
    if (part === 'name' || (!this.#outgoing.stream && part !== 'source')) {
      this.#choice.keep();
      return;
    }
    this.#view.notice('');
    if (!this.#outgoing.stream) {
      await this.preview();
      return;
    }
    if (!await this.#take(part)) {
      this.#choice.source = before;
    } else if (this.#isBusy) {
      await replaceTracks(this.pc, this.#outgoing.stream);
      await limitVideo(this.pc, this.#choice.wanted.source, this.#choice.bitrate);
    }
  }

  /** Calls: opens what is to be sent, if it isn't open, then connects. */
  async call() {
    if (this.#isBusy) {
      return;
    }
    this.#view.notice('');
    if (!this.#outgoing.stream && !await this.#take()) {
      return;
    }
    this.#choice.keep();
    this.#begunAt = 0;
    this.#sent = 0;
    this.#sentBefore = 0;
    this.#become('calling');
    this.#endpoint = await findEndpoint('whip', this.#settings.path);
    if (this.state !== 'calling') {
      return; // hung up meanwhile
    }
    if (this.#endpoint.tokenRequired && !tokenFor('whip')) {
      await this.#askToken({ kind: 'http', status: 401 });
      return;
    }
    this.#lasting.start();
  }

  #open() {
    this.#meter = new Meter();
    this.#outerMeter = new Meter();
    this.#sentBefore = this.#sent;
    const endpoint = new URL(this.#endpoint.url);
    if (this.#choice.name) {
      endpoint.searchParams.set('name', this.#choice.name);
    }
    return new Peer({
      endpoint: endpoint.href,
      token: tokenFor('whip'),
      setUp: (pc) => addTracks(pc, this.#outgoing.stream,
        { codec: this.#settings.codec, bitrate: this.#choice.bitrate }),
    });
  }

  #onState({ state, fault }) {
    clearInterval(this.#timer);
    if (state === 'connecting') {
      this.#become('calling');
    } else if (state === 'connected') {
      this.#onConnected();
    } else if (state === 'failed') {
      this.#onFailed(fault);
    } else if (state !== 'idle') {
      const { title } = faultWords(fault, 'call');
      this.#become('reconnecting', { title, detail: 'Trying to get back into the call…' });
      this.#keepTime();
    }
  }

  #onConnected() {
    this.#connectedAt = performance.now();
    this.#begunAt ||= this.#connectedAt;
    limitVideo(this.pc, this.#choice.wanted.source, this.#choice.bitrate);
    this.#become('on-call');
    this.#keepTime();
    this.#view.showTime(this.#connectedAt - this.#begunAt);
  }

  #onFailed(fault) {
    const hasToken = tokenFor('whip') !== '';
    if (fault.status === 401) {
      this.#askToken(fault);
    } else {
      this.#become('failed', faultWords(fault, 'call', hasToken));
    }
  }

  async #askToken(fault) {
    const { title, detail } = faultWords(fault, 'call', tokenFor('whip') !== '');
    this.#become('failed', { title, detail });
    const token = await askToken(title, detail);
    if (token) {
      keepToken('whip', token);
      await this.call();
    }
  }

  #keepTime() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), interval);
  }

  // Once a second: the time and the figures.
  async #look() {
    this.#view.showTime(performance.now() - this.#begunAt);
    const pc = this.pc;
    const report = await pc?.getStats();
    if (report && pc === this.pc && this.state === 'on-call') {
      const now = performance.now();
      const figures = this.#meter.measure(report, now, this.#connectedAt);
      this.#sent = this.#sentBefore + figures.bytes;
      this.#view.showFigures(figures, now - this.#connectedAt);
    }
  }

  /** Ends the call and lets go of the devices. Can be called while the page closes. */
  hangUp() {
    const inCall = this.#isBusy;
    this.#lasting.stop();
    this.#outgoing.stop();
    if (inCall) {
      const time = this.#begunAt ? performance.now() - this.#begunAt : 0;
      const detail = this.#begunAt
        ? `${timeWords(time)} long, ${sizeWords(this.#sent)} sent` : 'Before it began.';
      this.#become('ended', { title: 'Call ended', detail }, 'again');
    } else if (this.state === 'preview') {
      this.#invite();
    }
  }

  #onKey(event) {
    const typing = event.target.closest?.('input, select, dialog');
    if (typing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const kind = { m: 'audio', v: 'video' }[event.key.toLowerCase()];
    if (kind) {
      event.preventDefault();
      this.#outgoing.toggle(kind);
    }
  }

  get pc() {
    return this.#lasting.peer?.pc ?? null;
  }

  /** Fresh figures; rates are of the time since they were last asked for. */
  async stats() {
    const report = await this.pc?.getStats();
    return report
      ? this.#outerMeter.measure(report, performance.now(), this.#connectedAt) : null;
  }
}

const call = new Call();
window.gstRtc = {
  get state() { return call.state; },
  get pc() { return call.pc; },
  stats: () => call.stats(),
};
call.begin();
