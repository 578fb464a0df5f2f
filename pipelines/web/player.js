// The player's controls: sound, volume, full screen, picture in picture, keys.

import { setSwitch, setText } from './ui.js';

/** How long the controls stay after the last move, in milliseconds. */
const linger = 3000;

export class Controls {
  #stage;
  #video;
  #timer = 0;

  /**
   * @param {HTMLElement} stage what becomes full screen; holds the controls
   * @param {HTMLVideoElement} video
   */
  constructor(stage, video) {
    this.#stage = stage;
    this.#video = video;
    this.#part('mute').addEventListener('click', () => this.toggleSound());
    this.#part('tap').addEventListener('click', () => this.#tap());
    this.#part('volume').addEventListener('input', () => this.#setVolume());
    video.addEventListener('volumechange', () => this.#show());
    this.#setUpFullScreen();
    this.#setUpPictureInPicture();
    for (const event of ['pointermove', 'pointerdown', 'focusin']) {
      stage.addEventListener(event, () => this.#wake());
    }
    document.addEventListener('keydown', (event) => this.#onKey(event));
    this.#hideVolumeWhereFixed();
    this.#show();
  }

  #part(id) {
    return this.#stage.querySelector(`#${id}`);
  }

  /** Whether the browser wants a tap before it plays anything, even muted. */
  get isBlocked() {
    return this.#part('tap').dataset.blocked === 'yes';
  }

  /** Plays, muted if need be; shows a button where even that takes a tap. */
  async play() {
    try {
      await this.#video.play();
      this.#part('tap').dataset.blocked = '';
    } catch (error) {
      if (error.name === 'NotAllowedError') {
        this.#part('tap').dataset.blocked = 'yes';
      }
    }
    this.#show();
  }

  toggleSound() {
    this.#video.muted = !this.#video.muted;
    if (!this.#video.muted && this.#video.volume === 0) {
      this.#video.volume = 1;
    }
    this.play();
  }

  #tap() {
    this.#video.muted = false;
    this.play();
    this.#part('mute').focus({ preventScroll: true });
  }

  #setVolume() {
    this.#video.volume = Number(this.#part('volume').value);
    this.#video.muted = this.#video.volume === 0;
  }

  #show() {
    const { muted, volume } = this.#video;
    const tap = this.#part('tap');
    tap.hidden = !muted && !this.isBlocked;
    tap.querySelector('use').setAttribute('href',
      `icons.svg#${this.isBlocked ? 'play' : 'sound-off'}`);
    setText(this.#part('tap-text'), this.isBlocked ? 'Tap to play' : 'Tap for sound');
    setSwitch(this.#part('mute'), !muted, muted ? 'Turn the sound on (m)' : 'Mute (m)',
      muted ? 'sound-off' : 'sound');
    this.#part('volume').value = muted ? 0 : volume;
  }

  // Phones that leave the volume to their own keys ignore a new one.
  #hideVolumeWhereFixed() {
    const probe = document.createElement('video');
    probe.volume = 0.5;
    this.#part('volume').hidden = probe.volume !== 0.5;
  }

  #setUpFullScreen() {
    const button = this.#part('full');
    const usable = document.fullscreenEnabled || this.#video.webkitSupportsFullscreen ||
      'webkitEnterFullscreen' in this.#video;
    button.hidden = !usable;
    button.addEventListener('click', () => this.toggleFullScreen());
    this.#stage.addEventListener('dblclick', (event) => {
      if (event.target === this.#video) {
        this.toggleFullScreen();
      }
    });
    const show = () => {
      const full = document.fullscreenElement !== null;
      setSwitch(button, full, full ? 'Leave full screen (f)' : 'Full screen (f)',
        full ? 'full-off' : 'full');
    };
    document.addEventListener('fullscreenchange', show);
    show();
  }

  async toggleFullScreen() {
    try {
      if (document.fullscreenElement) {
        await document.exitFullscreen();
      } else if (document.fullscreenEnabled) {
        await this.#stage.requestFullscreen({ navigationUI: 'hide' });
      } else {
        this.#video.webkitEnterFullscreen?.();
      }
    } catch {
      // Refused: the page stays as it is.
    }
  }

  #setUpPictureInPicture() {
    const button = this.#part('pip');
    button.hidden = !document.pictureInPictureEnabled;
    button.addEventListener('click', () => this.togglePictureInPicture());
  }

  async togglePictureInPicture() {
    try {
      if (document.pictureInPictureElement) {
        await document.exitPictureInPicture();
      } else {
        await this.#video.requestPictureInPicture?.();
      }
    } catch {
      // Before the first picture, or refused.
    }
  }

  #onKey(event) {
    const typing = event.target.closest?.('input:not([type=range]), select, dialog');
    if (typing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const action = {
      m: () => this.toggleSound(),
      f: () => this.toggleFullScreen(),
      p: () => this.togglePictureInPicture(),
    }[event.key.toLowerCase()];
    if (action) {
      event.preventDefault();
      this.#wake();
      action();
    }
  }

  #wake() {
    clearTimeout(this.#timer);
    this.#stage.dataset.controls = 'shown';
    this.#timer = setTimeout(() => { this.#stage.dataset.controls = ''; }, linger);
  }
}
