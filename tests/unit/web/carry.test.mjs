import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromText, toLine, wanted } from '../../../pipelines/web/carry.js';

const offer = { type: 'offer', sdp: 'v=0\r\no=Zoë 1 2 IN IP4 0.0.0.0\r\n' };

test('a line comes back as it was', () => {
    const line = toLine(offer);
    assert.match(line, /^[A-Za-z0-9+/=]+$/);
    assert.deepEqual(fromText(line, 'answer'), offer);
    const broken = line.replace(/(.{20})/g, '$1\n ').replace(/\+/g, '-').replace(/\//g, '_');
    assert.deepEqual(fromText(broken.replace(/=+\s*$/, ''), 'answer'), offer);
});

test('JSON and SDP are taken too', () => {
    assert.deepEqual(fromText(` ${JSON.stringify(offer)}\n`, 'answer'), offer);
    assert.deepEqual(fromText('v=0\r\ns=-\r\n', 'answer'), { type: 'answer', sdp: 'v=0\r\ns=-\r\n' });
});

test('what is no description is told', () => {
    for (const [text, words] of [['  ', /Nothing/], ['hello!', /no description/],
        ['{"type": "offer"', /missing/], [btoa('{"type": "offer", "sd'), /missing/],
        ['{"type": "rollback", "sdp": ""}', /neither/], ['{"type": "offer"}', /neither/]])
        assert.throws(() => fromText(text, 'offer'), words);
});

test('an answer does what the offer leaves to it', () => {
    assert.equal(wanted('a=sendonly\r\na=sendonly\r\n'), 'receive');
    assert.equal(wanted('a=recvonly\r\n'), 'send');
    assert.equal(wanted('a=sendrecv\r\n'), 'both');
    assert.equal(wanted('a=sendonly\r\na=recvonly\r\n'), 'both');
    assert.equal(wanted(''), 'receive');
});
