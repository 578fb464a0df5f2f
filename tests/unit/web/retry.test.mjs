import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../pipelines/web/fault.js';
import { backoff, nextStep, pauses, retryAfter } from '../../../pipelines/web/retry.js';

const http = (status, more) => new Fault('http', `${status}`, { status, ...more });
const step = (fault, at = {}) =>
  nextStep(fault, { attempt: 0, since: 0, patience: Infinity, chance: 0, ...at });

test('pauses double, spread over their upper half, and are bounded', () => {
  assert.equal(backoff(0, 0), pauses.first / 2);
  assert.ok(backoff(0, 0.999) <= pauses.first);
  assert.equal(backoff(1, 0), pauses.first);
  assert.equal(backoff(2, 0), 2 * pauses.first);
  assert.equal(backoff(1000, 0), pauses.longest / 2);
  assert.ok(backoff(1000, 0.999) <= pauses.longest);
});

test('Retry-After is seconds or a date, within bounds', () => {
  const now = Date.UTC(2025, 0, 31, 12, 0, 0);
  assert.equal(retryAfter('3', now), 3000);
  assert.equal(retryAfter(' 0 ', now), 0);
  assert.equal(retryAfter('Fri, 31 Jan 2025 12:00:10 GMT', now), 10_000);
  assert.equal(retryAfter('Fri, 31 Jan 2025 11:00:00 GMT', now), 0);
  assert.equal(retryAfter('999999', now), 300_000);
  assert.equal(retryAfter(null, now), null);
  assert.equal(retryAfter('soon', now), null);
});

test('nothing live yet: wait as long as the server asks, and a little', () => {
  assert.deepEqual(step(http(409, { retryAfter: 2000 })), { state: 'waiting', pause: 2000 });
  const latest = step(http(409, { retryAfter: 2000 }), { chance: 0.999 }).pause;
  assert.ok(latest > 2300 && latest <= 2400, `${latest}`);
});

test('a server that asks to come back at once is given a moment', () => {
  assert.equal(step(http(503, { retryAfter: 0 })).pause, pauses.first);
});

test('without Retry-After the pauses grow', () => {
  assert.equal(step(http(503)).state, 'waiting');
  assert.ok(step(http(503), { attempt: 4 }).pause > step(http(503)).pause);
});

test('what broke is mended, what is refused is not', () => {
  for (const kind of ['network', 'media', 'lost', 'stalled']) {
    assert.equal(step(new Fault(kind, '')).state, 'reconnecting', kind);
  }
  assert.equal(step(http(500)).state, 'reconnecting');
  for (const status of [400, 401, 403, 406, 413, 415, 422]) {
    assert.equal(step(http(status)).state, 'failed', `${status}`);
  }
  assert.equal(step(new Fault('unusable', '')).state, 'failed');
});

test('patience ends', () => {
  const lost = new Fault('lost', '');
  assert.equal(step(lost, { patience: 90_000, since: 89_999 }).state, 'reconnecting');
  assert.equal(step(lost, { patience: 90_000, since: 90_000 }).state, 'failed');
  assert.equal(step(lost, { patience: 0 }).state, 'failed');
});
