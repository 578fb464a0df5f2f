import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CaptureTime } from '../../../pipelines/web/capturetime.js';

const ntp = (ms) => ms + 2_208_988_800_000;
const begin = 1_700_000_000_000;

// The sender's clock is `ahead` of ours, the way takes `way` each, all in ms.
function network({ ahead, way }) {
  return {
    report: (at, queue = 0) => new Map([
      ['v', { type: 'inbound-rtp', timestamp: at }],
      ['r', { type: 'remote-outbound-rtp', timestamp: at + way + queue, remoteTimestamp: at + ahead }],
    ]),
    source: (captured, rtpTimestamp) => [
      { captureTimestamp: ntp(captured + ahead), rtpTimestamp, timestamp: captured + way },
    ],
  };
}

test('the delay is from capture to screen, whatever the clocks show', () => {
  for (const ahead of [0, -3_600_000, 123_456]) {
    const time = new CaptureTime();
    const { report, source } = network({ ahead, way: 40 });
    time.learn(report(begin, 25), 130); // a report that waited, and an answer that did
    time.learn(report(begin + 1000), 80);
    time.learn(report(begin + 2000, 300), NaN);
    assert.equal(time.delay(source(begin + 5000, 9000), begin + 5095, 9000), 95);
  }
});

test('the frame that is shown may be another than the last that came', () => {
  const time = new CaptureTime();
  const { report, source } = network({ ahead: 5, way: 10 });
  time.learn(report(begin), 20);
  // 3000 ticks of 90 kHz: a thirtieth of a second; timestamps wrap.
  const newest = source(begin + 100, 1000);
  assert.ok(Math.abs(time.delay(newest, begin + 150, (1000 - 3000) >>> 0) - (50 + 1000 / 30)) < 0.01);
});

test('nothing is made up where nothing is told', () => {
  const { report, source } = network({ ahead: 0, way: 10 });
  const time = new CaptureTime();
  assert.ok(Number.isNaN(time.delay(source(begin, 0), begin + 50, 0)));
  time.learn(report(begin), NaN);
  assert.ok(Number.isNaN(time.delay([{ timestamp: begin, rtpTimestamp: 0 }], begin + 50, 0)));
  assert.ok(Number.isNaN(time.delay([], begin + 50, 0)));
  // Without a round trip, half of it counts as part of the clocks' distance.
  assert.equal(time.delay(source(begin, 0), begin + 50, 0), 40);
});
