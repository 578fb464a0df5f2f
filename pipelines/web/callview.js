// What the call page shows in each of its states.

import { isMirror } from './capture.js';
import { byId, setSwitch, setText, showFigures, showState } from './ui.js';
import { codecWords, lossWords, millisecondWords, rateWords, timeWords } from './words.js';

const badges = {
  idle: 'Ready', preview: 'Preview', calling: 'Calling', 'on-call': 'On call',
  reconnecting: 'Reconnecting', ended: 'Call ended', failed: 'Not connected',
};

const beginWords = {
  call: 'Call now',
  camera: 'Turn the camera on', screen: 'Choose a screen', sound: 'Turn the microphone on',
};

const limits = { bandwidth: 'slow network', cpu: 'busy device' };

/** How long a connection may take to find out what the network carries, in milliseconds. */
const settleTime = 15_000;

export class CallView {
  #state = 'idle';

  /**
   * @param {string} state of the call
   * @param {{title: string, detail: string}|null} words over the picture, if any
   * @param {string} begin what the button under the words is for: a source, 'call', 'again', or ''
   *   for none
   */
  show(state, words = null, begin = '') {
    this.#state = state;
    showState(state);
    setText(byId('badge-text'), badges[state]);
    setText(byId('title'), words?.title ?? (state === 'calling' ? 'Calling' : ''));
    setText(byId('detail'), words?.detail ?? '');
    const veiled = words !== null || state === 'calling';
    document.documentElement.dataset.veiled = veiled ? 'yes' : '';
    byId('begin').hidden = begin === '';
    setText(byId('begin'), beginWords[begin] ?? (state === 'ended' ? 'Call again' : 'Try again'));
    setText(byId('call-text'), state === 'failed' && !begin ? 'Call again' : 'Call');
    document.title = `${badges[state]} · gst-rtc`;
    if (!['on-call', 'reconnecting'].includes(state)) {
      setText(byId('timer'), '');
      showFigures(byId('figures'), { limit: '' });
    }
  }

  /** Shows the picture that is or would be sent. */
  showStream(stream, source) {
    const video = byId('preview');
    const pictures = stream?.getVideoTracks() ?? [];
    video.srcObject = pictures.length > 0 ? new MediaStream(pictures) : null;
    const { width, height } = pictures[0]?.getSettings() ?? {};
    byId('stage').style.setProperty('--ratio', width && height ? `${width} / ${height}` : '16 / 9');
    video.dataset.mirror = stream && isMirror(stream, source) ? 'yes' : '';
    document.documentElement.dataset.media = stream && pictures.length === 0 ? 'sound' : '';
    const sounds = stream?.getAudioTracks() ?? [];
    byId('level').hidden = sounds.length === 0;
    this.#showSwitches(sounds[0], pictures[0]);
  }

  // The switches for microphone and camera; what isn't sent has none.
  #showSwitches(audio, video) {
    const mute = byId('mute');
    const blank = byId('blank');
    mute.hidden = !audio;
    blank.hidden = !video;
    const heard = Boolean(audio?.enabled);
    const seen = Boolean(video?.enabled);
    setSwitch(mute, heard, heard ? 'Mute (m)' : 'Unmute (m)', heard ? 'mic' : 'mic-off');
    setSwitch(blank, seen, seen ? 'Camera off (v)' : 'Camera on (v)',
      seen ? 'camera' : 'camera-off');
    document.documentElement.dataset.blank = video && !seen ? 'yes' : '';
  }

  showTime(span) {
    setText(byId('timer'), timeWords(span));
    if (this.#state === 'on-call') {
      document.title = `● ${timeWords(span)} · gst-rtc`;
    }
  }

  /**
   * @param {object} figures of a Meter
   * @param {number} age of the connection, in milliseconds
   */
  showFigures(figures, age) {
    const { video, audio } = figures;
    showFigures(byId('figures'), {
      size: video?.width ? `${video.width}×${video.height}` : 'none',
      limit: (age > settleTime && limits[video?.limit]) || '',
      fps: video ? `${Math.round(video.fps)} /s` : '–',
      rate: rateWords(figures.rate),
      rtt: millisecondWords(figures.rtt),
      lost: lossWords(figures.lost, figures.lossShare),
      codec: codecWords(video, audio),
    });
  }

  /** Says something beside the picture; '' takes it back. */
  notice(text) {
    byId('notice').hidden = text === '';
    setText(byId('notice'), text);
  }
}
