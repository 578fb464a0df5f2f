// What a page's own address asks for, and where the server's endpoints are. Pure.

const on = (value) => value === null || !/^(0|no|false|off)$/i.test(value);

/**
 * The settings in a page's address. A token may stand in the query or, better, in the fragment,
 * which never reaches a server or its log.
 * @param {string} href the page's address
 * @returns {{token: string, name: string, path: string, codec: string, quality: string,
 *   bitrate: number, video: boolean, audio: boolean, source: string, autostart: boolean}}
 *   `bitrate` in kbit/s, 0 for none asked; empty strings for what isn't there
 */
export function readAddress(href) {
  const url = new URL(href);
  const query = url.searchParams;
  const fragment = new URLSearchParams(url.hash.slice(1));
  const text = (key) => (fragment.get(key) ?? query.get(key) ?? '').trim();
  const path = text('path');
  return {
    token: text('token'),
    name: text('name').slice(0, 64),
    path: /^\/(?![/\\])/.test(path) ? path : '',
    codec: text('codec').toUpperCase(),
    quality: text('quality').replace(/p$/i, ''),
    bitrate: Math.max(0, Number.parseInt(text('bitrate'), 10) || 0),
    video: on(query.get('video')),
    audio: on(query.get('audio')),
    source: text('source'),
    autostart: query.has('autostart') && on(query.get('autostart')),
  };
}

/** The address without its token, to replace the one in the history. */
export function withoutToken(href) {
  const url = new URL(href);
  url.searchParams.delete('token');
  const fragment = new URLSearchParams(url.hash.slice(1));
  if (fragment.has('token')) {
    fragment.delete('token');
    url.hash = fragment.toString();
  }
  return url.href;
}

/**
 * The address of an endpoint, from its path on the server. The page's folder counts as the
 * server's root, so that pages behind a proxy's prefix find their server.
 */
export function endpointUrl(path, href) {
  return new URL(`.${path}`, href).href;
}

/**
 * The address of a session, from the Location of a 201 (RFC 9725, section 4.2). Behind a proxy
 * that ends TLS a server may write http: where the page needs https:.
 * @param {string|null} location the header; null if there is none
 * @param {string} endpoint the address that answered
 * @returns {string|null}
 */
export function sessionUrl(location, endpoint) {
  if (!location) {
    return null;
  }
  const from = new URL(endpoint);
  const url = new URL(location, from);
  if (from.protocol === 'https:' && url.protocol === 'http:' && url.hostname === from.hostname) {
    url.protocol = 'https:';
    url.port = from.port;
  }
  return url.href;
}
