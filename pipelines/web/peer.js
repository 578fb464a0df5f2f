// One connection to the server: a peer connection and the session that negotiates it.
//
// Life: connect() once; then lost settles when the connection breaks, with a Fault. close() ends
// both sides at any time; after it nothing is reported.

import { Fault } from './fault.js';
import { Session } from './session.js';

/** How long ICE and DTLS may take from the answer on, in milliseconds. */
const connectTime = 15_000;

/** How long an interruption is borne before the connection counts as lost, in milliseconds. */
const interruptionTime = 5000;

export class Peer {
  #session;
  #wish;
  #settle = null;
  #timer = 0;
  #connected = false;

  /** The RTCPeerConnection. */
  pc;
  /** A promise of the Fault that ends this connection; never settled by close(). */
  lost;

  /**
   * @param {{endpoint: string, token?: string, setUp: function(RTCPeerConnection): void,
   *   wish?: function(string): string}} settings setUp adds what is to be sent or received; wish
   *   changes the offer that the server sees
   */
  constructor({ endpoint, token, setUp, wish = (sdp) => sdp }) {
    this.#wish = wish;
    this.#session = new Session({ endpoint, token });
    this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    this.lost = new Promise((resolve) => { this.#settle = resolve; });
    setUp(this.pc);
  }

  /**
   * Negotiates and connects.
   * @param {AbortSignal} signal gives up
   * @throws {Fault}
   */
  async connect(signal) {
    const { pc } = this;
    // The servers that help with ICE come with the answer, so the offer goes out without
    // candidates and gathering begins after it (RFC 9725, section 4.6).
    const offer = await pc.createOffer();
    const answer = await this.#session.offer(this.#wish(offer.sdp), signal);
    try {
      await this.#apply(offer, answer);
    } catch (error) {
      signal.throwIfAborted();
      throw new Fault('unusable', error.message);
    }
    await this.#whenConnected(signal);
  }

  async #apply(offer, answer) {
    const { pc } = this;
    if (answer.iceServers.length > 0) {
      pc.setConfiguration({ ...pc.getConfiguration(), iceServers: answer.iceServers });
    }
    pc.addEventListener('icecandidate', ({ candidate }) =>
      this.#session.trickle(pc.localDescription.sdp, candidate));
    pc.addEventListener('connectionstatechange', () => this.#onState());
    await pc.setLocalDescription(offer);
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    // A server that ends the session closes DTLS at once; ICE would notice much later.
    for (const { sender } of pc.getTransceivers()) {
      sender.transport?.addEventListener('statechange', () => {
        if (['closed', 'failed'].includes(sender.transport.state)) {
          this.lose(new Fault('lost', `DTLS ${sender.transport.state}`));
        }
      });
    }
  }

  async #whenConnected(signal) {
    const { pc } = this;
    let timer = 0;
    const connected = new Promise((resolve, reject) => {
      const check = () => pc.connectionState === 'connected' && resolve();
      pc.addEventListener('connectionstatechange', check);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.lost.then((fault) => reject(new Fault('media', fault.message)));
      timer = setTimeout(
        () => reject(new Fault('media', `${pc.iceConnectionState} after ${connectTime} ms`)),
        connectTime);
      check();
    });
    try {
      await connected;
      this.#connected = true;
    } finally {
      clearTimeout(timer);
    }
  }

  #onState() {
    const state = this.pc.connectionState;
    clearTimeout(this.#timer);
    if (state === 'failed' || state === 'closed') {
      this.lose(new Fault('lost', `connection ${state}`));
    } else if (state === 'disconnected' && this.#connected) {
      this.#timer = setTimeout(
        () => this.lose(new Fault('lost', 'interrupted for too long')), interruptionTime);
    }
  }

  /** Declares the connection broken, for a reason that only its user can see. */
  lose(fault) {
    this.#settle?.(fault);
    this.#settle = null;
  }

  /** Ends the connection and frees the server's session. Can be called while the page closes. */
  close() {
    this.#settle = null;
    clearTimeout(this.#timer);
    this.#session.end();
    this.pc.close();
  }
}
