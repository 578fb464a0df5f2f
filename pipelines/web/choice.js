// The form of the call page: what is to be sent. Remembers the choice for the next visit.

import { listDevices, none, qualities } from './capture.js';
import { byId } from './ui.js';

const key = 'gst-rtc.call';

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function remember(choice) {
  try {
    localStorage.setItem(key, JSON.stringify(choice));
  } catch {
    // A browser that keeps nothing asks again.
  }
}

const sources = ['camera', 'screen', 'sound'];

export class Choice {
  #asked;
  #before = remembered();

  /** @param {object} asked the settings of the page's address; they win and aren't remembered */
  constructor(asked) {
    this.#asked = asked;
    const source = asked.video ? asked.source || this.#before.source : 'sound';
    this.source = sources.includes(source) ? source : 'camera';
    const quality = [asked.quality, this.#before.quality].find((one) => one in qualities) ?? '720';
    byId('quality').value = quality;
    byId('name').value = asked.name || this.#before.name || '';
    const canShare = Boolean(navigator.mediaDevices?.getDisplayMedia);
    byId('sources').querySelector('[value=screen]').closest('label').hidden = !canShare;
  }

  get source() {
    return new FormData(byId('panel')).get('source') ?? document.documentElement.dataset.source;
  }

  set source(source) {
    byId('sources').querySelector(`[value=${source}]`).checked = true;
    document.documentElement.dataset.source = source;
  }

  get name() {
    return byId('name').value.trim();
  }

  /** The most that video may take, in bit/s. */
  get bitrate() {
    return this.#asked.bitrate ? this.#asked.bitrate * 1000 : qualities[this.quality].bitrate;
  }

  get quality() {
    return byId('quality').value;
  }

  /** The choice as capture() takes it. */
  get wanted() {
    return {
      source: document.documentElement.dataset.source,
      camera: byId('camera').value,
      microphone: this.#asked.audio ? byId('microphone').value : none,
      quality: this.quality,
    };
  }

  /** Keeps the choice for the next visit. */
  keep() {
    const { source, camera, microphone, quality } = this.wanted;
    this.#before = { ...this.#before, camera, microphone };
    remember({ source, camera, microphone, quality, name: this.name });
  }

  /** Fills the device lists; the present choice stays, or the remembered one comes back. */
  async fill(stream = null) {
    const { videoinput, audioinput } = await listDevices();
    const wasSilent = byId('microphone').value === none;
    const inUse = (kind) => stream?.getTracks()
      .find((track) => track.kind === kind)?.getSettings().deviceId;
    this.#fillOne(byId('camera'), videoinput, 'Camera', inUse('video'), this.#before.camera);
    this.#fillOne(byId('microphone'), audioinput, 'Microphone', inUse('audio'),
      this.#before.microphone);
    const silent = byId('microphone').appendChild(new Option('No microphone', none));
    const heard = audioinput.some(({ deviceId }) => deviceId && deviceId === inUse('audio'));
    silent.selected = !this.#asked.audio || audioinput.length === 0 ||
      (!heard && (wasSilent || this.#before.microphone === none));
  }

  #fillOne(select, devices, noun, inUse, before) {
    const present = select.value;
    const known = devices.filter(({ deviceId }) => deviceId);
    const options = known.length > 0
      ? known.map(({ label, deviceId }, index) =>
        new Option(label || `${noun} ${index + 1}`, deviceId))
      : [new Option(devices.length > 0 ? `Default ${noun.toLowerCase()}` : `No ${
        noun.toLowerCase()} found`, '')];
    select.replaceChildren(...options);
    const values = options.map(({ value }) => value);
    select.value = [inUse, present, before].find((one) => values.includes(one)) ?? values[0];
  }

  /** During a call the kinds of media are settled: sound alone, or with a picture. */
  settle(onCall, stream) {
    const hasVideo = (stream?.getVideoTracks() ?? []).length > 0;
    byId('microphone').disabled = onCall && (stream?.getAudioTracks() ?? []).length === 0;
    for (const input of byId('sources').querySelectorAll('input')) {
      input.disabled = onCall && (input.value === 'sound') === hasVideo;
    }
  }
}
