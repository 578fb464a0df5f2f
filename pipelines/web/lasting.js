// Keeps a connection up: opens it, and opens another when it breaks, until it is stopped or
// trying again makes no sense.
//
// States, told by a `state` event with {state, fault, pause}:
//   connecting    the first attempt is under way
//   connected     media can flow
//   waiting       the server asked to come back later; fault says why
//   reconnecting  something broke; the next attempt follows after `pause` milliseconds
//   failed        given up; start() begins anew
//   idle          stopped

import { Fault } from './fault.js';
import { nextStep } from './retry.js';

/** A connection that held this long was a good one: failures count from nought again. In ms. */
const goodTime = 10_000;

export class Lasting extends EventTarget {
  #open;
  #patience;
  #running = null;
  #wake = null;

  state = 'idle';
  /** The present Peer, or null. */
  peer = null;

  /**
   * @param {function(): Peer} open makes the next connection
   * @param {function(boolean): number} patience how long to go on trying after a failure, in ms,
   *   told whether there was a connection before
   */
  constructor(open, patience) {
    super();
    this.#open = open;
    this.#patience = patience;
  }

  #become(state, more = {}) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: { state, ...more } }));
  }

  /** Begins, unless it already has. */
  start() {
    if (!this.#running) {
      this.#running = new AbortController();
      this.#run(this.#running.signal);
    }
  }

  /** Ends the connection. Can be called while the page closes. */
  stop() {
    if (this.#running) {
      this.#running.abort();
      this.#running = null;
      this.#drop();
      this.#become('idle');
    }
  }

  /** Makes a pending attempt now: the network is back, or somebody is looking again. */
  wake() {
    this.#wake?.();
  }

  /** Gives up the present connection for a new one. */
  lose(fault) {
    this.peer?.lose(fault);
  }

  #drop() {
    this.peer?.close();
    this.peer = null;
  }

  async #run(signal) {
    let attempt = 0;
    let troubleSince = 0;
    let wasConnected = false;
    this.#become('connecting');
    for (;;) {
      let connectedAt = 0;
      const fault = await this.#once(signal, () => { connectedAt = performance.now(); });
      if (signal.aborted) {
        return;
      }
      this.#drop();
      const now = performance.now();
      wasConnected ||= connectedAt > 0;
      if (connectedAt > 0 && now - connectedAt >= goodTime) {
        attempt = 0;
      }
      troubleSince = attempt === 0 ? now : troubleSince;
      const step = nextStep(fault, {
        attempt,
        since: now - troubleSince,
        patience: this.#patience(wasConnected),
        chance: Math.random(),
      });
      attempt += 1;
      if (step.state === 'failed') {
        this.#running = null;
      }
      this.#become(step.state, { fault, pause: step.pause });
      if (step.state === 'failed' || !(await this.#pause(step.pause, signal))) {
        return;
      }
    }
  }

  // One connection from beginning to end: what ended it.
  async #once(signal, onConnected) {
    try {
      const peer = this.#open();
      this.peer = peer;
      await peer.connect(signal);
      signal.throwIfAborted();
      onConnected();
      this.#become('connected');
      return await peer.lost;
    } catch (error) {
      return error instanceof Fault ? error : new Fault('unusable', error?.message ?? `${error}`);
    }
  }

  // Whether to go on afterwards.
  async #pause(time, signal) {
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, time);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    this.#wake = null;
    return !signal.aborted;
  }
}
