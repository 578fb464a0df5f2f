// Link header fields (RFC 8288) and the ICE servers in them (RFC 9725, section 4.6). Pure.

// One parameter: a name, then perhaps a value, quoted or not.
const parameter = /;\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?\s*/y;
const target = /[\s,]*<([^>]*)>\s*/y;

/**
 * Reads Link header fields; several may be joined by commas, as fetch() does. What can't be read
 * ends the list.
 * @param {string|null} header
 * @returns {{target: string, parameters: Object<string, string>}[]}
 */
export function parseLinks(header) {
  const links = [];
  const text = header ?? '';
  let at = 0;
  for (;;) {
    target.lastIndex = at;
    const start = target.exec(text);
    if (!start) {
      return links;
    }
    at = target.lastIndex;
    const parameters = Object.create(null);
    for (;;) {
      parameter.lastIndex = at;
      const found = parameter.exec(text);
      if (!found) {
        break;
      }
      at = parameter.lastIndex;
      const key = found[1].toLowerCase();
      parameters[key] ??= found[2] === undefined ? (found[3] ?? '') : unquote(found[2]);
    }
    links.push({ target: start[1].trim(), parameters });
  }
}

function unquote(text) {
  return text.replace(/\\(.)/g, '$1');
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The ICE servers of a 201, as RTCPeerConnection takes them. A TURN server without its
 * credentials would make the browser refuse the whole list, so it is left out.
 * @param {string|null} header
 * @returns {RTCIceServer[]}
 */
export function iceServers(header) {
  const servers = [];
  for (const { target: uri, parameters } of parseLinks(header)) {
    const relations = (parameters.rel ?? '').toLowerCase().split(/\s+/);
    const urls = decode(uri);
    if (!relations.includes('ice-server') || !/^(stuns?|turns?):/i.test(urls)) {
      continue;
    }
    if (/^stun/i.test(urls)) {
      servers.push({ urls });
    } else if (parameters.username && parameters.credential) {
      servers.push({ urls, username: parameters.username, credential: parameters.credential });
    }
  }
  return servers;
}
