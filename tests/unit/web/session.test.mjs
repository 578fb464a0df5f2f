// The HTTP side of a session, against a server of this test's own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { Session } from '../../../pipelines/web/session.js';

const answer = 'v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n';
const local = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:u\r\n' +
  'a=ice-pwd:p\r\n';
const candidate = (number) =>
  ({ candidate: `candidate:${number} 1 udp 1 192.0.2.1 9 typ host`, sdpMid: '0' });

let endpoint;
let reply; // what the server does with a request: a function, by method
let requests; // what it got
let onRequest; // told of each

const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) {
    body += part;
  }
  requests.push({ method: request.method, url: request.url, headers: request.headers, body });
  reply[request.method](response);
  onRequest();
});

// Waits until so many requests of a method have come.
async function got(method, count) {
  for (;;) {
    const found = requests.filter((request) => request.method === method);
    if (found.length >= count) {
      return found;
    }
    await new Promise((resolve) => { onRequest = resolve; });
  }
}

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${server.address().port}/whip?name=A`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  requests = [];
  onRequest = () => {};
  reply = {
    POST: (response) => response.writeHead(201, {
      'Content-Type': 'application/sdp', Location: '/whip/1?k=v', ETag: 'W/odd etag',
      Link: ['<stun:a>; rel="ice-server"', '<stun:b>; rel="ice-server"'],
    }).end(answer),
    PATCH: (response) => response.writeHead(204).end(),
    DELETE: (response) => response.writeHead(200).end(),
  };
});

const never = new AbortController().signal;
const deadline = { timeout: 10_000 };

test('an offer goes out, answer and ICE servers come back', deadline, async () => {
  const session = new Session({ endpoint });
  const result = await session.offer('v=0\r\n', never);
  assert.equal(result.sdp, answer);
  assert.deepEqual(result.iceServers, [{ urls: 'stun:a' }, { urls: 'stun:b' }]);
  assert.equal(session.url, new URL('/whip/1?k=v', endpoint).href);
  const [post] = requests;
  assert.equal(post.headers['content-type'], 'application/sdp');
  assert.equal(post.headers.authorization, undefined);
  assert.equal(post.url, '/whip?name=A');
});

test('the token is shown on every request', deadline, async () => {
  const session = new Session({ endpoint, token: 'secret' });
  await session.offer('v=0\r\n', never);
  session.trickle(local, candidate(1));
  await got('PATCH', 1);
  session.end();
  await got('DELETE', 1);
  assert.deepEqual(requests.map(({ headers }) => headers.authorization),
    ['Bearer secret', 'Bearer secret', 'Bearer secret']);
});

test('an error status comes with its words and its pause', deadline, async () => {
  reply.POST = (response) => response.writeHead(409, {
    'Content-Type': 'application/problem+json', 'Retry-After': '4',
  }).end('{"title":"Conflict","detail":"Nothing is live"}');
  await assert.rejects(new Session({ endpoint }).offer('v=0\r\n', never),
    { kind: 'http', status: 409, detail: 'Nothing is live', retryAfter: 4000 });
});

test('a server that is not there is a fault of the network', deadline, async () => {
  await assert.rejects(
    new Session({ endpoint: 'http://127.0.0.1:1/whip' }).offer('v=0\r\n', never),
    { kind: 'network' });
});

test('a success that is no description is unusable, and its session is freed', deadline,
  async () => {
    reply.POST = (response) => response.writeHead(200, { Location: '/whip/2' }).end('<html>');
    await assert.rejects(new Session({ endpoint }).offer('v=0\r\n', never), { kind: 'unusable' });
    const [freed] = await got('DELETE', 1);
    assert.equal(freed.url, '/whip/2');
  });

test('giving up ends a request under way', deadline, async () => {
  const stop = new AbortController();
  reply.POST = () => stop.abort(); // and no answer
  await assert.rejects(new Session({ endpoint }).offer('v=0\r\n', stop.signal),
    { name: 'AbortError' });
});

test('candidates that come together go out together', deadline, async () => {
  const session = new Session({ endpoint });
  await session.offer('v=0\r\n', never);
  session.trickle(local, candidate(1));
  session.trickle(local, candidate(2));
  session.trickle(local, null);
  const [patch] = await got('PATCH', 1);
  assert.equal(patch.url, '/whip/1?k=v');
  assert.equal(patch.headers['content-type'], 'application/trickle-ice-sdpfrag');
  assert.equal(patch.headers['if-match'], 'W/odd etag'); // as it came
  assert.match(patch.body, /candidate:1 [^]*candidate:2 [^]*end-of-candidates/);
});

test('what comes while a PATCH is under way follows in the next', deadline, async () => {
  const session = new Session({ endpoint });
  await session.offer('v=0\r\n', never);
  reply.PATCH = (response) => {
    session.trickle(local, candidate(2));
    session.trickle(local, null);
    reply.PATCH = (next) => next.writeHead(204).end();
    setTimeout(() => response.writeHead(204).end(), 200); // longer than candidates are collected
  };
  session.trickle(local, candidate(1));
  const [first, second] = await got('PATCH', 2);
  assert.match(first.body, /candidate:1 /);
  assert.doesNotMatch(first.body, /candidate:2 /);
  assert.match(second.body, /candidate:2 [^]*end-of-candidates/);
});

test('a refused PATCH is the last one, and breaks nothing', deadline, async () => {
  const session = new Session({ endpoint });
  await session.offer('v=0\r\n', never);
  reply.PATCH = (response) => {
    session.trickle(local, candidate(2));
    response.writeHead(405).end();
  };
  session.trickle(local, candidate(1));
  await got('PATCH', 1);
  // The pause candidates are collected for, and more: what was pending has had its chance.
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  session.end();
  await got('DELETE', 1);
  assert.equal(requests.filter(({ method }) => method === 'PATCH').length, 1);
});

test('an end sends one DELETE, and nothing after it', deadline, async () => {
  const session = new Session({ endpoint });
  await session.offer('v=0\r\n', never);
  session.trickle(local, candidate(1));
  session.end();
  session.end();
  session.trickle(local, candidate(2));
  const [freed] = await got('DELETE', 1);
  assert.equal(freed.url, '/whip/1?k=v');
  assert.equal(session.url, null);
  await new Promise((resolve) => { setTimeout(resolve, 200); });
  assert.deepEqual(requests.map(({ method }) => method), ['POST', 'DELETE']);
});
