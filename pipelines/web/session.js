// The HTTP side of one WHIP or WHEP session (RFC 9725, draft-ietf-wish-whep): an offer goes out
// by POST, the answer comes in the 201, candidates follow by PATCH, DELETE ends it.

import { sessionUrl } from './address.js';
import { Fault, problemDetail } from './fault.js';
import { buildFragment } from './fragment.js';
import { iceServers } from './link.js';
import { retryAfter } from './retry.js';

/** How long a server may take to answer, in milliseconds: it gathers its candidates first. */
const answerTime = 20_000;

/** How long candidates are collected before they go out together, in milliseconds. */
const collectTime = 80;

export class Session {
  #endpoint;
  #token;
  #url = null;
  #etag = null;
  #ended = false;

  // Trickle: what waits to be sent, and whether the server wants to hear of it.
  #sdp = '';
  #candidates = [];
  #gathered = false;
  #timer = 0;
  #sending = false;
  #trickles = true;

  /**
   * @param {{endpoint: string, token?: string}} settings the endpoint's whole address, and the
   *   bearer token to show, if any
   */
  constructor({ endpoint, token = '' }) {
    this.#endpoint = endpoint;
    this.#token = token;
  }

  /** The session's own address; null before the answer and after the end. */
  get url() {
    return this.#url;
  }

  #headers(more = {}) {
    return this.#token ? { ...more, Authorization: `Bearer ${this.#token}` } : more;
  }

  /**
   * Sends the offer.
   * @param {string} sdp
   * @param {AbortSignal} signal gives up
   * @returns {Promise<{sdp: string, iceServers: RTCIceServer[]}>} the answer, and the STUN and
   *   TURN servers that came with it
   * @throws {Fault} of kind network, http or unusable; the signal's reason when it aborted
   */
  async offer(sdp, signal) {
    const response = await this.#post(sdp, signal);
    const body = await response.text().catch(() => '');
    if (!response.ok) {
      throw new Fault('http', `POST was answered ${response.status}`, {
        status: response.status,
        detail: problemDetail(response.headers.get('Content-Type') ?? '', body),
        retryAfter: retryAfter(response.headers.get('Retry-After'), Date.now()),
      });
    }
    this.#url = sessionUrl(response.headers.get('Location'), response.url || this.#endpoint);
    this.#etag = response.headers.get('ETag');
    if (!body.startsWith('v=0')) {
      this.end();
      throw new Fault('unusable', `POST was answered ${response.status} without a description`);
    }
    return { sdp: body, iceServers: iceServers(response.headers.get('Link')) };
  }

  async #post(sdp, signal) {
    const deadline = AbortSignal.timeout(answerTime);
    const either = new AbortController();
    for (const one of [signal, deadline]) {
      one.addEventListener('abort', () => either.abort(), { once: true });
    }
    try {
      signal.throwIfAborted();
      return await fetch(this.#endpoint, {
        method: 'POST',
        headers: this.#headers({ 'Content-Type': 'application/sdp' }),
        body: sdp,
        cache: 'no-store',
        credentials: 'omit',
        signal: either.signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new Fault('network', deadline.aborted ? 'the server took too long' : error.message);
    }
  }

  /**
   * Notes a local candidate; those that come close together go out in one PATCH. Whether the
   * server takes it makes no difference to the session: it also learns addresses from our checks.
   * @param {string} sdp the local description
   * @param {RTCIceCandidate|null} candidate null at the end of gathering
   */
  trickle(sdp, candidate) {
    if (!this.#trickles || this.#ended || this.#gathered) {
      return;
    }
    this.#sdp = sdp;
    if (candidate?.candidate) {
      this.#candidates.push(candidate);
    } else if (!candidate) {
      this.#gathered = true;
    }
    this.#timer ||= setTimeout(() => this.#flush(), this.#gathered ? 0 : collectTime);
  }

  async #flush() {
    this.#timer = 0;
    if (this.#sending || !this.#trickles || !this.#url) {
      return;
    }
    const body = buildFragment(this.#sdp, this.#candidates.splice(0), this.#gathered);
    if (!body) {
      return;
    }
    const last = this.#gathered;
    this.#sending = true;
    this.#trickles = await this.#patch(body);
    this.#sending = false;
    if (this.#trickles && (this.#candidates.length > 0 || this.#gathered !== last)) {
      await this.#flush();
    }
  }

  // Whether further candidates are welcome.
  async #patch(body) {
    const more = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
    if (this.#etag !== null) {
      more['If-Match'] = this.#etag;
    }
    try {
      const response = await fetch(this.#url, {
        method: 'PATCH',
        headers: this.#headers(more),
        body,
        credentials: 'omit',
        signal: AbortSignal.timeout(answerTime),
      });
      return response.ok;
    } catch {
      return false;
    }
  }

  /** Frees the session on the server. Also works while the page goes away. */
  end() {
    const url = this.#url;
    this.#ended = true;
    this.#url = null;
    clearTimeout(this.#timer);
    if (url) {
      fetch(url, {
        method: 'DELETE',
        headers: this.#headers(),
        credentials: 'omit',
        keepalive: true,
      }).catch(() => {}); // the server reaps what it can't hear
    }
  }
}
