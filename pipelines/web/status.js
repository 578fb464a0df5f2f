// What the server says of itself, and where a page's endpoint and token are.

import { endpointUrl, readAddress, withoutToken } from './address.js';

/** How long a server may take to tell its status, in milliseconds. */
const statusTime = 5000;

/**
 * Asks the server what is on. Who is there it tells those alone who may call or watch themselves.
 * @returns {Promise<{version: string, endpoints: object[]}>}
 * @throws {Error} when there is no such answer
 */
export async function fetchStatus() {
  const token = tokenFor('whip') || tokenFor('whep');
  const response = await fetch(endpointUrl('/status', location.href), {
    cache: 'no-store',
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    signal: AbortSignal.timeout(statusTime),
  });
  if (!response.ok) {
    throw new Error(`/status was answered ${response.status}`);
  }
  const status = await response.json();
  return { version: `${status.version ?? ''}`, endpoints: status.endpoints ?? [] };
}

/**
 * The endpoint a page talks to: the one its address names, else the server's first of that kind,
 * else the usual path.
 * @param {'whip'|'whep'} kind
 * @param {string} path of the page's address, or ''
 * @returns {Promise<{url: string, tokenRequired: boolean, hls: string}>} hls: where the same stream
 *   is to be had with a delay, or ''
 */
export async function findEndpoint(kind, path) {
  let found = null;
  let delayed = null;
  try {
    const { endpoints } = await fetchStatus();
    found = endpoints.find((one) => one.kind === kind && (!path || one.path === path));
    delayed = endpoints.find((one) => one.kind === 'hls' && found &&
      one.path.startsWith(`/hls${found.path}/`));
  } catch {
    // The POST itself tells what is wrong, in better words.
  }
  return {
    url: endpointUrl(path || (found?.path ?? `/${kind}`), location.href),
    tokenRequired: Boolean(found?.token_required),
    hls: delayed ? endpointUrl(delayed.path, location.href) : '',
  };
}

const tokenKey = (kind) => `gst-rtc.token.${kind}`;

/**
 * The page's settings. The token leaves the address at once, for the tab's own store.
 * @param {('whip'|'whep')[]} kinds whose token it is
 */
export function takeSettings(kinds) {
  const settings = readAddress(location.href);
  if (settings.token) {
    for (const kind of kinds) {
      keepToken(kind, settings.token);
    }
    history.replaceState(history.state, '', withoutToken(location.href));
  }
  return settings;
}

const tokens = new Map(); // where the browser keeps nothing

/** The token to show at an endpoint of a kind, or ''. */
export function tokenFor(kind) {
  try {
    return sessionStorage.getItem(tokenKey(kind)) ?? '';
  } catch {
    return tokens.get(kind) ?? '';
  }
}

/** Keeps a token until the tab is closed. */
export function keepToken(kind, token) {
  tokens.set(kind, token);
  try {
    sessionStorage.setItem(tokenKey(kind), token);
  } catch {
    // Kept for this page alone.
  }
}
