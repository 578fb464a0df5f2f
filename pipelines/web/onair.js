// What the front page says of a server's status. Pure.

import { countWords } from './words.js';

const timeOfDay = (date) => date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

/**
 * Who a peer is, and since when.
 * @param {{name?: string, since?: string}} peer
 * @param {function(Date): string} [time] writes a time of day
 */
export function peerWords(peer, time = timeOfDay) {
  const name = `${peer.name ?? ''}`.trim() || 'Caller';
  const since = new Date(peer.since ?? NaN);
  return Number.isNaN(since.getTime()) ? name : `${name}, since ${time(since)}`;
}

const total = (endpoints) => endpoints.reduce((sum, one) => sum + (one.sessions ?? 0), 0);

/**
 * @param {object[]} endpoints of the status
 * @returns {{live: boolean, badge: string, headline: string, lead: string}}
 */
export function onAir(endpoints) {
  const watched = endpoints.filter(({ kind }) => kind === 'whep');
  const called = endpoints.filter(({ kind }) => kind === 'whip');
  const live = watched.some((one) => one.live);
  const calls = total(called);
  if (live) {
    const viewers = total(watched);
    return {
      live,
      badge: 'Live',
      headline: 'On air now',
      lead: viewers ? `${countWords(viewers, 'viewer')} watching.` : 'Be the first to watch.',
    };
  }
  if (calls > 0) {
    return {
      live: true,
      badge: 'On',
      headline: `${countWords(calls, 'call')} in progress`,
      lead: called.length && !watched.length ? 'Calls come in here.' : 'Nothing to watch yet.',
    };
  }
  if (watched.length) {
    return {
      live,
      badge: 'Off air',
      headline: "It hasn't started yet",
      lead: called.length ? 'Be the first: call in, or wait with others on the watch page.'
        : 'Open the watch page and the picture comes by itself.',
    };
  }
  return called.length
    ? { live, badge: 'Ready', headline: 'Ready for calls', lead: 'Nobody is calling right now.' }
    : { live, badge: 'Empty', headline: 'Nothing is set up here', lead: 'The server runs, but ' +
        'offers nothing to watch and takes no calls.' };
}

/**
 * What a card about an endpoint shows.
 * @param {object} endpoint
 * @param {boolean} only whether it is the only one of its kind
 * @returns {{kind: string, title: string, text: string, state: string, on: boolean, href: string,
 *   action: string, locked: boolean, names: string[]}}
 */
export function card(endpoint, only) {
  const { kind, path, sessions = 0, live = false, peers = [] } = endpoint;
  const watch = kind === 'whep';
  const usual = only ? '' : `?path=${encodeURIComponent(path)}`;
  return {
    kind,
    title: watch ? 'Watch' : 'Call',
    text: watch ? 'Sound and picture within a blink, in this browser.'
      : 'Send your camera, your screen or just your voice.',
    state: countWords(sessions, watch ? 'viewer' : 'call'),
    on: watch ? live : sessions > 0,
    href: `${watch ? 'watch' : 'call'}${usual}`,
    action: watch ? (live ? 'Watch now' : 'Wait for it') : 'Call in',
    locked: Boolean(endpoint.token_required),
    names: watch ? [] : peers.map((peer) => peerWords(peer)),
    path: only ? '' : path,
  };
}
