import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iceServers, parseLinks } from '../../../pipelines/web/link.js';

test('no header, no links', () => {
  assert.deepEqual(parseLinks(null), []);
  assert.deepEqual(parseLinks(''), []);
  assert.deepEqual(iceServers(null), []);
});

test('the example of RFC 9725, section 4.6', () => {
  const header = '<stun:stun.example.net>; rel="ice-server", ' +
    '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; ' +
    'credential="myPassword"; credential-type="password", ' +
    '<turns:turn.example.net?transport=tcp>; rel="ice-server"; username="user"; ' +
    'credential="myPassword"; credential-type="password"';
  const login = { username: 'user', credential: 'myPassword' };
  assert.deepEqual(iceServers(header), [
    { urls: 'stun:stun.example.net' },
    { urls: 'turn:turn.example.net?transport=udp', ...login },
    { urls: 'turns:turn.example.net?transport=tcp', ...login },
  ]);
});

test('commas, semicolons and escapes in quotes belong to the value', () => {
  const [link] = parseLinks('<turn:x>; rel=ice-server; username="a,b;c"; credential="q\\"\\\\"');
  assert.equal(link.parameters.rel, 'ice-server');
  assert.equal(link.parameters.username, 'a,b;c');
  assert.equal(link.parameters.credential, 'q"\\');
});

test('names without case, several relations, percent-encoding', () => {
  assert.deepEqual(
    iceServers('<turn%3Ax%3A3478>; REL="preload Ice-Server"; Username=u; CREDENTIAL="c=="'),
    [{ urls: 'turn:x:3478', username: 'u', credential: 'c==' }]);
});

test('other relations, other schemes and TURN without credentials are left out', () => {
  assert.deepEqual(iceServers('<https://x/style.css>; rel=preload'), []);
  assert.deepEqual(iceServers('<https://x>; rel="ice-server"'), []);
  assert.deepEqual(iceServers('<turn:x>; rel="ice-server"; username="u"'), []);
  assert.deepEqual(iceServers('<turn:x>; rel="ice-server", <stun:y>; rel="ice-server"'),
    [{ urls: 'stun:y' }]);
});

test('garbage ends the list, what came before counts', () => {
  assert.deepEqual(iceServers('<stun:a>; rel=ice-server, stun:b; rel=ice-server'),
    [{ urls: 'stun:a' }]);
  assert.deepEqual(parseLinks('<stun:a'), []);
  assert.deepEqual(iceServers('<stun:%zz>; rel=ice-server'), [{ urls: 'stun:%zz' }]);
});

test('the first of a repeated parameter counts', () => {
  assert.equal(parseLinks('<a>; rel=x; rel=y')[0].parameters.rel, 'x');
});
