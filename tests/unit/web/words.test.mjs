import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, problemDetail } from '../../../pipelines/web/fault.js';
import { card, onAir, peerWords } from '../../../pipelines/web/onair.js';
import {
  captureWords, codecWords, faultWords, lossWords, millisecondWords, rateWords, sizeWords, timeWords,
} from '../../../pipelines/web/words.js';

const http = (status, detail = '') => new Fault('http', `${status}`, { status, detail });

test('problem+json gives its detail, else its title', () => {
  const type = 'application/problem+json; charset=utf-8';
  assert.equal(problemDetail(type, '{"title":"Full","detail":"No room"}'), 'No room');
  assert.equal(problemDetail(type, '{"title":"Full","detail":""}'), 'Full');
  assert.equal(problemDetail(type, '{"detail":7}'), '');
  assert.equal(problemDetail(type, '{'), '');
});

test('short plain text counts as words, pages of HTML do not', () => {
  assert.equal(problemDetail('text/plain', ' No room \n'), 'No room');
  assert.equal(problemDetail('text/plain', 'x'.repeat(500)), '');
  assert.equal(problemDetail('text/html', '<h1>No</h1>'), '');
});

test('every fault has words', () => {
  for (const kind of ['network', 'unusable', 'media', 'lost', 'stalled']) {
    const { title, detail } = faultWords(new Fault(kind, ''), 'watch');
    assert.ok(title && detail, kind);
  }
  for (const status of [400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 502, 503]) {
    const { title, detail } = faultWords(http(status), 'call');
    assert.ok(title && detail, `${status}`);
  }
});

test('the server\'s own words are shown where ours say less', () => {
  assert.equal(faultWords(http(422, 'two video sections'), 'call').detail, 'Two video sections.');
  assert.equal(faultWords(http(500, 'Out of memory'), 'call').detail, 'Out of memory.');
});

test('a token that is missing and one that is wrong differ', () => {
  assert.notEqual(faultWords(http(401), 'watch', false).title,
    faultWords(http(401), 'watch', true).title);
});

test('409 means not yet to a viewer, not now to a caller', () => {
  assert.match(faultWords(http(409), 'watch').title, /hasn't started/);
  assert.match(faultWords(http(409), 'call').title, /No calls/);
});

test('capture errors name what is missing and what helps', () => {
  assert.match(captureWords({ name: 'NotAllowedError' }, 'camera').detail, /Allow it/);
  assert.match(captureWords({ name: 'NotAllowedError' }, 'screen').title, /No screen/);
  assert.match(captureWords({ name: 'NotFoundError' }, 'sound').title, /No microphone/);
  assert.match(captureWords({ name: 'InsecureContextError' }).detail, /https/);
  assert.match(captureWords(new Error('odd'), 'camera').detail, /odd/);
});

test('figures read well at their edges', () => {
  assert.equal(rateWords(0), '0 kbit/s');
  assert.equal(rateWords(999_499), '999 kbit/s');
  assert.equal(rateWords(999_500), '1.0 Mbit/s');
  assert.equal(rateWords(NaN), '–');
  assert.equal(timeWords(-5), '0:00');
  assert.equal(timeWords(59_999), '0:59');
  assert.equal(timeWords(3_600_000), '1:00:00');
  assert.equal(sizeWords(999), '999 B');
  assert.equal(sizeWords(1500), '1.5 kB');
  assert.equal(sizeWords(999_600), '1.0 MB');
  assert.equal(sizeWords(123e9), '123 GB');
  assert.equal(millisecondWords(NaN), '–');
  assert.equal(codecWords({ codec: 'VP8' }, { codec: 'OPUS' }), 'VP8, Opus');
  assert.equal(codecWords(null, null), '–');
  assert.equal(lossWords(0, 0), '0');
  assert.equal(lossWords(12, 0.0312), '12 (3.1 %)');
});

const whep = { kind: 'whep', path: '/whep', live: true, sessions: 2, peers: [] };
const whip = { kind: 'whip', path: '/whip', live: true, sessions: 1, peers: [] };

test('the front page says what is on', () => {
  assert.match(onAir([whep, whip]).lead, /^2 viewers/);
  assert.equal(onAir([{ ...whep, live: false, sessions: 0 }]).live, false);
  assert.equal(onAir([whip]).headline, '1 call in progress');
  assert.equal(onAir([{ ...whip, sessions: 0 }]).headline, 'Ready for calls');
  assert.equal(onAir([]).badge, 'Empty');
});

test('cards of several endpoints lead to their own', () => {
  assert.equal(card(whep, true).href, 'watch');
  assert.equal(card({ ...whep, path: '/whep/b c' }, false).href, 'watch?path=%2Fwhep%2Fb%20c');
  assert.equal(card({ ...whip, token_required: true }, true).locked, true);
});

test('peers are told by name and time, as far as known', () => {
  const time = (date) => date.toISOString().slice(11, 16);
  assert.equal(peerWords({ name: ' Ann ' }, time), 'Ann');
  assert.equal(peerWords({ since: '2025-01-31T12:00:00Z' }, time), 'Caller, since 12:00');
  assert.equal(peerWords({ name: 'Ann', since: 'never' }, time), 'Ann');
});
