// Faults and figures in a person's words. Pure.

const words = {
  network: ["The server can't be reached", 'It may be restarting, or your connection is down.'],
  unusable: ["The server's answer can't be used", 'This browser and the server found no common ' +
    'way. Another browser may do better.'],
  media: ['No way through for sound and picture', 'The server answers, but media gets no ' +
    'further. A firewall or VPN may be blocking UDP.'],
  lost: ['The connection broke', 'The network changed, or the server ended the session.'],
  stalled: ['Nothing is coming through', 'The connection stands but has gone silent.'],
};

const statusWords = {
  401: ['A token is needed', 'Ask whoever runs this server for one.'],
  403: ['This is not allowed', 'The server refuses it for you, this token or this site.'],
  404: ['There is nothing at this address', 'The server runs, but not this part of it.'],
  410: ['There is nothing at this address', 'What was here is gone.'],
  413: ['The server refused the request', 'It was too large.'],
  429: ['Too many tries', 'The server asks to go slower.'],
  503: ['The server is full', 'A place may come free soon.'],
};

// The server's own words as a sentence.
function sentence({ detail, status }) {
  const text = detail || `it said ${status}`;
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/**
 * A fault as a title and a sentence.
 * @param {Fault} fault
 * @param {'watch'|'call'} activity what the person was about to do
 * @param {boolean} hasToken whether a token was sent
 * @returns {{title: string, detail: string}}
 */
export function faultWords(fault, activity, hasToken = false) {
  const pair = ([title, detail]) => ({ title, detail });
  if (fault.kind !== 'http') {
    return pair(words[fault.kind] ?? ['Something went wrong', fault.message]);
  }
  if (fault.status === 401 && hasToken) {
    return { title: "The token isn't right", detail: 'Check it and try once more.' };
  }
  if (fault.status === 409) {
    return activity === 'watch'
      ? { title: "It hasn't started yet", detail: 'Waiting: the picture comes by itself.' }
      : { title: 'No calls are taken right now', detail: 'Try again in a moment.' };
  }
  if (statusWords[fault.status]) {
    return pair(statusWords[fault.status]);
  }
  return fault.status >= 500
    ? { title: 'The server has a problem', detail: sentence(fault) }
    : { title: 'The server refused', detail: sentence(fault) };
}

/**
 * Why no camera, microphone or screen could be had.
 * @param {Error} error as getUserMedia or getDisplayMedia give it
 * @param {'camera'|'screen'|'sound'} source
 */
export function captureWords(error, source) {
  const thing = { camera: 'camera or microphone', screen: 'screen', sound: 'microphone' }[source];
  switch (error?.name) {
  case 'InsecureContextError':
    return {
      title: 'This address is not secure',
      detail: 'Browsers give the camera to secure pages only: open this page by https, or as ' +
        'localhost on the same machine.',
    };
  case 'NotAllowedError':
  case 'SecurityError':
    return source === 'screen'
      ? { title: 'No screen was chosen', detail: 'Choose a screen or window to share it.' }
      : {
        title: `The ${thing} is blocked`,
        detail: "Allow it in the browser's address bar or settings, then try again.",
      };
  case 'NotFoundError':
  case 'DevicesNotFoundError':
    return {
      title: `No ${thing} was found`,
      detail: source === 'camera' ? 'Plug one in, or call with sound only.' : 'Plug one in.',
    };
  case 'NotReadableError':
  case 'AbortError':
    return {
      title: `The ${thing} can't be started`,
      detail: 'Another program may be using it. Close that and try again.',
    };
  case 'NotSupportedError':
    return {
      title: `This browser can't share a ${thing}`,
      detail: 'Use the camera instead, or another browser.',
    };
  default:
    return { title: `The ${thing} can't be started`, detail: error?.message ?? '' };
  }
}

/** A bit rate, from bit/s. */
export function rateWords(rate) {
  if (!Number.isFinite(rate)) {
    return '–';
  }
  return rate >= 999_500 ? `${(rate / 1e6).toFixed(1)} Mbit/s` : `${Math.round(rate / 1000)} kbit/s`;
}

/** A time span as 0:07, 12:34 or 1:02:03, from milliseconds. */
export function timeWords(span) {
  const seconds = Math.max(0, Math.floor(span / 1000));
  const two = (number) => String(number).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60
    ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

/** An amount of data, from bytes. */
export function sizeWords(bytes) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 10 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A time span in milliseconds, from milliseconds. */
export function millisecondWords(span) {
  return Number.isFinite(span) ? `${Math.round(span)} ms` : '–';
}

/** Packets lost, and their share of those that should have come (from 0 to 1). */
export function lossWords(lost, share) {
  if (!Number.isFinite(lost)) {
    return '–';
  }
  return Number.isFinite(share) && lost > 0 ? `${lost} (${(share * 100).toFixed(1)} %)` : `${lost}`;
}

/** A number and its noun: 1 viewer, 2 viewers. */
export function countWords(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The codecs of a connection's tracks, as people write them. */
export function codecWords(...tracks) {
  const names = tracks.map((track) => track?.codec).filter(Boolean);
  return names.map((name) => (/^opus$/i.test(name) ? 'Opus' : name)).join(', ') || '–';
}
