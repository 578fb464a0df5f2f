// Keeping a connection up, with peers that do as they are told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../pipelines/web/fault.js';
import { Lasting } from '../../../pipelines/web/lasting.js';

// Node 18 keeps it to itself.
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail }) {
    super(type);
    this.detail = detail;
  }
};

const deadline = { timeout: 20_000 };

class FakePeer {
  closed = false;

  constructor(fault = null) {
    this.fault = fault;
    this.lost = new Promise((resolve) => { this.lose = resolve; });
  }

  async connect() {
    if (this.fault) {
      throw this.fault;
    }
  }

  close() {
    this.closed = true;
  }
}

// A Lasting whose attempts go as listed (the last goes on and on), and its story so far.
function make(faults, patience = () => Infinity) {
  const peers = [];
  const lasting = new Lasting(() => {
    peers.push(new FakePeer(faults[Math.min(peers.length, faults.length - 1)]));
    return peers.at(-1);
  }, patience);
  const story = [];
  lasting.addEventListener('state', ({ detail }) => story.push(detail.state));
  const until = (state) => new Promise((resolve) => {
    lasting.addEventListener('state', function listen({ detail }) {
      if (detail.state === state) {
        lasting.removeEventListener('state', listen);
        resolve(detail);
      }
    });
  });
  return { lasting, peers, story, until };
}

const http = (status, more) => new Fault('http', `${status}`, { status, ...more });

test('it connects, and lets go when stopped', deadline, async () => {
  const { lasting, peers, story, until } = make([null]);
  const connected = until('connected');
  lasting.start();
  await connected;
  lasting.stop();
  assert.deepEqual(story, ['connecting', 'connected', 'idle']);
  assert.equal(peers[0].closed, true);
  assert.equal(lasting.peer, null);
});

test('a lost connection is closed and another opened', deadline, async () => {
  const { lasting, peers, story, until } = make([null]);
  const first = until('connected');
  lasting.start();
  await first;
  const again = until('reconnecting').then(() => until('connected'));
  lasting.lose(new Fault('lost', 'gone'));
  await again;
  assert.deepEqual(story, ['connecting', 'connected', 'reconnecting', 'connected']);
  assert.deepEqual(peers.map(({ closed }) => closed), [true, false]);
  lasting.stop();
});

test('it waits when asked to, and a wake-up ends the wait', deadline, async () => {
  const { lasting, peers, until } = make([http(409, { retryAfter: 250_000 }), null]);
  const waiting = until('waiting');
  lasting.start();
  const { pause, fault } = await waiting;
  assert.ok(pause >= 250_000);
  assert.equal(fault.status, 409);
  const connected = until('connected');
  await Promise.resolve(); // the pause begins after the event
  lasting.wake();
  await connected;
  assert.equal(peers.length, 2);
  lasting.stop();
});

test('what can\'t go better is given up at once, and can be begun anew', deadline, async () => {
  const { lasting, peers, story, until } = make([http(403), null]);
  const failed = until('failed');
  lasting.start();
  await failed;
  assert.equal(peers[0].closed, true);
  const connected = until('connected');
  lasting.start();
  await connected;
  assert.deepEqual(story, ['connecting', 'failed', 'connecting', 'connected']);
  lasting.stop();
});

test('patience differs before and after the first connection', deadline, async () => {
  const asked = [];
  const { lasting, until } = make([null, new Fault('network', 'down')], (wasConnected) => {
    asked.push(wasConnected);
    return asked.length > 1 ? 0 : Infinity;
  });
  const connected = until('connected');
  lasting.start();
  await connected;
  const failed = until('failed');
  lasting.lose(new Fault('lost', 'gone'));
  await failed;
  assert.deepEqual(asked, [true, true]);
});

test('stopped while it waits, it opens nothing more', deadline, async () => {
  const { lasting, peers, story, until } = make([new Fault('network', 'down')]);
  const trouble = until('reconnecting');
  lasting.start();
  await trouble;
  lasting.stop();
  const pauses = 1000; // more than the first pause
  await new Promise((resolve) => { setTimeout(resolve, pauses); });
  assert.equal(peers.length, 1);
  assert.deepEqual(story, ['connecting', 'reconnecting', 'idle']);
});

test('an error of the browser is a fault like others', deadline, async () => {
  const lasting = new Lasting(() => { throw new TypeError('no WebRTC here'); }, () => Infinity);
  const failed = new Promise((resolve) => {
    lasting.addEventListener('state', ({ detail }) => detail.state === 'failed' && resolve(detail));
  });
  lasting.start();
  const { fault } = await failed;
  assert.equal(fault.kind, 'unusable');
  assert.match(fault.message, /no WebRTC/);
});
