import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Meter } from '../../../pipelines/web/meter.js';
import { patience, StallWatch } from '../../../pipelines/web/stall.js';

const report = (...entries) => new Map(entries.map((entry) => [entry.id, entry]));

const receiving = (seconds) => report(
  { id: 'c', type: 'codec', mimeType: 'video/VP8' },
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
  { id: 'O', type: 'candidate-pair', state: 'succeeded', nominated: true, currentRoundTripTime: 9 },
  { id: 'P', type: 'candidate-pair', state: 'succeeded', currentRoundTripTime: 0.02 },
  {
    id: 'v', type: 'inbound-rtp', kind: 'video', codecId: 'c', frameWidth: 1280, frameHeight: 720,
    bytesReceived: 250_000 * seconds, packetsReceived: 200 * seconds, packetsLost: 2 * seconds,
    framesDecoded: 30 * seconds, jitterBufferDelay: 1.5 * seconds,
    jitterBufferEmittedCount: 30 * seconds,
  });

test('rates are of the time between two readings', () => {
  const meter = new Meter();
  meter.measure(receiving(1), 1000, 0);
  const figures = meter.measure(receiving(3), 3000, 0);
  assert.equal(figures.rate, 2_000_000);
  assert.equal(figures.video.fps, 30);
  assert.equal(figures.video.codec, 'VP8');
  assert.equal(figures.video.width, 1280);
  assert.equal(figures.lost, 6);
  assert.ok(Math.abs(figures.lossShare - 2 / 202) < 1e-9);
  assert.equal(figures.audio, null);
});

test('the first reading is of the whole time', () => {
  assert.equal(new Meter().measure(receiving(2), 5000, 3000).rate, 2_000_000);
});

test('the delay is the buffer\'s and half the round trip of the pair in use', () => {
  const figures = new Meter().measure(receiving(2), 2000, 0);
  assert.equal(figures.rtt, 20);
  assert.equal(figures.delay, 50 + 10);
});

test('a reading without frames since the last has no delay', () => {
  const meter = new Meter();
  meter.measure(receiving(2), 2000, 0);
  assert.ok(Number.isNaN(meter.measure(receiving(2), 3000, 0).delay));
});

test('counters that start anew are of a new connection', () => {
  const meter = new Meter();
  meter.measure(receiving(10), 10_000, 0);
  assert.equal(meter.measure(receiving(1), 11_000, 0).rate, 2_000_000);
});

test('what is sent takes loss and round trip from the far end', () => {
  const figures = new Meter().measure(report(
    { id: 'v', type: 'outbound-rtp', kind: 'video', bytesSent: 1000, packetsSent: 100,
      framesEncoded: 30, framesPerSecond: 29, qualityLimitationReason: 'cpu' },
    { id: 'r', type: 'remote-inbound-rtp', kind: 'video', packetsLost: 5, roundTripTime: 0.04 },
    { id: 'P', type: 'candidate-pair', selected: true }), 1000, 0);
  assert.equal(figures.lost, 5);
  assert.equal(figures.lossShare, 0.05);
  assert.equal(figures.rtt, 40);
  assert.equal(figures.video.limit, 'cpu');
  assert.equal(figures.video.fps, 29);
});

test('an empty report has empty figures', () => {
  const figures = new Meter().measure(new Map(), 1000, 0);
  assert.equal(figures.rate, 0);
  assert.equal(figures.bytes, 0);
  assert.ok(Number.isNaN(figures.rtt));
});

// A picture's and a sound's packets and frames, as a StallWatch sees them.
const flow = (videoPackets, frames, audioPackets) =>
  ({ packets: videoPackets + audioPackets, video: { packets: videoPackets, frames } });

test('silence of all media is a stall, after a while', () => {
  const watch = new StallWatch();
  assert.equal(watch.update(flow(10, 1, 10), 0, true), 'flowing');
  assert.equal(watch.update(flow(10, 1, 10), patience.silence - 1, true), 'flowing');
  assert.equal(watch.update(flow(10, 1, 10), patience.silence, true), 'stalled');
});

test('a connection over which nothing ever came stalls too', () => {
  const watch = new StallWatch();
  watch.update({ packets: 0, video: null }, 1000, true);
  assert.equal(watch.update({ packets: 0, video: null }, 1000 + patience.silence, true), 'stalled');
});

test('pictures that come but never show are a stall', () => {
  const watch = new StallWatch();
  watch.update(flow(10, 1, 10), 0, true);
  watch.update(flow(300, 1, 100), 6000, true);
  assert.equal(watch.update(flow(600, 1, 200), patience.picture, true), 'stalled');
});

test('a picture that rests while sound goes on is none', () => {
  const watch = new StallWatch();
  watch.update(flow(10, 1, 10), 0, true);
  watch.update(flow(10, 1, 300), 6000, true);
  assert.equal(watch.update(flow(10, 1, 600), patience.picture, true), 'still');
  assert.equal(watch.update(flow(40, 3, 700), patience.picture + 1000, true), 'flowing');
});

test('a hidden page need not decode', () => {
  const watch = new StallWatch();
  watch.update(flow(10, 1, 10), 0, false);
  watch.update(flow(300, 1, 100), 6000, false);
  assert.equal(watch.update(flow(600, 1, 200), patience.picture, false), 'flowing');
  // Seen again, the time starts now.
  assert.equal(watch.update(flow(700, 1, 300), patience.picture + 1000, true), 'flowing');
});

test('sound alone flows', () => {
  const watch = new StallWatch();
  watch.update({ packets: 1, video: null }, 0, true);
  assert.equal(watch.update({ packets: 2, video: null }, patience.picture * 2, true), 'flowing');
});
