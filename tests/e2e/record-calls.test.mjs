// The recorder as a service: what a supervisor and a person see of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import path from 'node:path';
import { scene } from '../support/scene.mjs';
import { call } from '../support/browser/peers.mjs';
import { judge } from '../support/recording.mjs';
import { within } from '../support/wait.mjs';

const program = path.join(process.env.RTC_TEST_BUILD, 'pipelines/rtc-record-calls');

const url = (service) => service.line(30000, 'where it waits for calls',
    (line) => /^Waiting for calls at (\S+)/.exec(line)?.[1]);

scene('a call is recorded as the settings say; SIGTERM in a call finishes its file', 120, async (it) => {
    const folder = it.folder();
    const settings = path.join(folder, 'settings.conf');
    writeFileSync(settings, `[signaling]\nport=0\n\n[rtcrecordsink]\nlocation=${folder}/{peer}/{session}.mkv\n`);
    const service = it.run(program, ['--settings', settings]);
    const browser = await it.browser('chromium');
    const whip = await url(service);
    const first = await call(browser, `${whip}?name=first`, { codec: 'VP8' });
    const second = await call(browser, `${whip}?name=second`, { codec: 'VP8' });
    for (const caller of [first, second])
        await caller.until(30000, 'media is sent',
            (stats) => Object.values(stats.sent ?? {}).every((t) => t.packetsSent > 60));
    await first.hangUp();
    await service.line(30000, 'the first recording', (line) => line.startsWith('Recorded '));
    assert.equal(await service.stop('SIGTERM', 40000), 0, service.output);

    assert.match(service.output, /Ended\. 0 on, 2 recorded/);
    for (const name of ['first', 'second']) {
        const files = readdirSync(path.join(folder, name));
        assert.deepEqual(files.map((f) => path.extname(f)).sort(), ['.json', '.mkv'], String(files));
        const file = path.join(folder, name, files.find((f) => f.endsWith('.mkv')));
        const verdict = await judge(file);
        assert.equal(verdict.complaints, '');
        assert.equal(verdict.video.codec, 'vp8');
        assert.equal(verdict.audio.codec, 'opus');
        const manifest = JSON.parse(readFileSync(file.replace('.mkv', '.json'), 'utf8'));
        assert.equal(manifest.state, 'finished');
    }
});

scene('wrong settings are told, with exit code 2, and no secret is', 60, async (it) => {
    const settings = path.join(it.folder(), 'settings.conf');
    const wrong = [
        ['[rtcrecordsink]\nlocation=a.mkv\nno-such=1\n', /\[rtcrecordsink\] rtcrecordsink has no property no-such/],
        ['[signaling]\nport=eighty-secret\n', /\[signaling\] port of whipserver takes a whole number from 0 to 65535/],
        ['[signaling]\nport=99999\n', /\[signaling\] port of whipserver takes a whole number/],
        ['[recorder]\nlocation=a.mkv\n', /there is no group \[recorder\]; there are \[signaling\]/],
        ['location=a.mkv\n', /settings\.conf/],
    ];
    for (const [text, told] of wrong) {
        writeFileSync(settings, text);
        const service = it.run(program, ['--settings', settings, '--check']);
        assert.equal(await service.exited, 2, text);
        assert.match(service.output, told);
        assert.doesNotMatch(service.output, /secret/);
    }
    for (const options of [['--no-such'], ['extra'], ['--settings', '/no/such/file'], ['--signaling', 'nonesuch']]) {
        const service = it.run(program, [...options, '--check']);
        assert.equal(await service.exited, 2, String(options));
    }
    assert.equal(await it.run(program, ['--check', '--port', '0']).exited, 0);
});

scene('what is shipped as an example is right; a port that is taken is exit code 1', 60, async (it) => {
    const example = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
        '../../pipelines/record-calls.conf');
    assert.equal(await it.run(program, ['--settings', example, '--check']).exited, 0);
    const folder = it.folder();
    const whole = path.join(folder, 'whole.conf');
    const lines = readFileSync(example, 'utf8').replace(/^# (?=[a-z-]+=)/gm, '');
    assert.ok(lines.includes('\nconsent-timeout='), 'its comments are settings');
    writeFileSync(whole, lines);
    const checked = it.run(program, ['--settings', whole, '--check']);
    assert.equal(await checked.exited, 0, checked.output);
    const first = it.run(program, ['--port', '0', '--location', `${folder}/{session}.mkv`]);
    const { port } = new URL(await url(first));
    const second = it.run(program, ['--port', port, '--location', `${folder}/{session}.mkv`]);
    assert.equal(await second.exited, 1, second.output);
    assert.equal(await first.stop('SIGINT', 30000), 0);
});

scene('its systemd unit is as tight as the room server\'s', 60, async (it, context) => {
    const top = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
    const settingsOf = (file) => readFileSync(path.join(top, file), 'utf8').split('\n')
        .filter((line) => /^(DynamicUser|NoNewPrivileges|Protect|Private|Restrict[A-Z]\w*(s|ces|ies)=|SystemCall)/.test(line))
        .map((line) => line.replace('\\@', '@'));
    const ours = settingsOf('pipelines/record-calls.service');
    const theirs = settingsOf('signaling/room-server/rtc-room-server.service.in');
    assert.ok(theirs.length > 8, String(theirs));
    for (const line of theirs) assert.ok(ours.includes(line), line);
    const unit = path.join(it.folder(), 'record-calls.service');
    writeFileSync(unit, readFileSync(path.join(top, 'pipelines/record-calls.service'), 'utf8')
        .replace('/usr/bin/rtc-record-calls', program));
    try {
        execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
    } catch {
        return context.diagnostic('systemd-analyze is missing');
    }
    assert.equal(execFileSync('systemd-analyze', ['verify', unit], { encoding: 'utf8', stdio: 'pipe' }), '');
});

scene('it says who may call while that is anybody', 60, async (it) => {
    const folder = it.folder();
    const settings = path.join(folder, 'settings.conf');
    const closed = ['address=127.0.0.1', 'token=0123456789', `token-file=${folder}/tokens`];
    writeFileSync(path.join(folder, 'tokens'), '0123456789abcdef\n');
    for (const [line, anybody] of [['', true], ...closed.map((setting) => [setting, false])]) {
        writeFileSync(settings, `[signaling]\nport=0\n${line}\n[rtcrecordsink]\nlocation=${folder}/{session}.mkv\n`);
        const service = it.run(program, ['--settings', settings]);
        await url(service);
        assert.equal(await service.stop('SIGTERM', 40000), 0, service.output);
        assert.equal(/Anybody .* token-file=.* address=/.test(service.output), anybody, service.output);
        assert.doesNotMatch(service.output, /0123456789/);
    }
});

/** An HTTPS server that is busy at first; gives its address and what it was told. */
async function receiver(it, folder, busy) {
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
        '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
    { stdio: 'ignore' });
    const told = [];
    const waiting = new Set();
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, async (request, response) => {
        const pieces = [];
        for await (const piece of request) pieces.push(piece);
        told.push({ headers: request.headers, body: Buffer.concat(pieces), answered: told.length < busy ? 503 : 204 });
        response.writeHead(told.at(-1).answered).end();
        for (const look of waiting) look();
    });
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    it.atEnd(() => new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
    }));
    const until = (count) => within(30000, `${count} messages`, new Promise((enough) => {
        const look = () => told.length >= count && enough();
        waiting.add(look);
        look();
    }));
    return { told, until, certificate: cert, url: `https://localhost:${server.address().port}/hook` };
}

scene('a webhook over TLS is told of a call, signed, though it is busy at first; a command gets it', 120, async (it) => {
    const folder = it.folder();
    const hook = await receiver(it, folder, 2);
    const secret = '0123456789abcdef0123456789abcdef';
    writeFileSync(path.join(folder, 'secret'), `${secret}\n`);
    const settings = path.join(folder, 'settings.conf');
    writeFileSync(settings, ['[signaling]', 'port=0', 'address=127.0.0.1', '[rtcrecordsink]',
        `location=${folder}/calls/{session}.mkv`, 'file-mode=0600', 'max-duration=2000',
        `webhook=${hook.url}`, `webhook-secret-file=${folder}/secret`, `webhook-ca-file=${hook.certificate}`,
        `on-finished-command=cp -t ${folder}`, ''].join('\n'));
    const service = it.run(program, ['--settings', settings]);
    const caller = it.pipeline(`rtcsink signaling="whipclient endpoint=${await url(service)}" `
        + 'name=l videotestsrc is-live=true ! vp8enc deadline=1 keyframe-max-dist=30 ! l.');
    await service.line(60000, 'the recording', (line) => /^Recorded .*max-duration/.test(line));
    await hook.until(4);
    await caller.stop();
    assert.equal(await service.stop('SIGTERM', 40000), 0, service.output);

    assert.deepEqual(hook.told.map((one) => one.answered), [503, 503, 204, 204]);
    for (const { headers, body } of hook.told) {
        const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
        assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
        assert.ok(Math.abs(Date.now() / 1000 - headers['webhook-timestamp']) < 300);
    }
    const messages = hook.told.slice(2).map((one) => JSON.parse(one.body));
    assert.deepEqual(messages.map((one) => one.type), ['recording.started', 'recording.finished']);
    const { location, manifest, recording } = messages[1].data;
    assert.equal(recording.reason, 'max-duration');
    assert.deepEqual(recording, JSON.parse(readFileSync(manifest, 'utf8')));
    assert.deepEqual(recording, JSON.parse(readFileSync(path.join(folder, path.basename(manifest)), 'utf8')));
    assert.equal(recording.segments[0].sha256, createHash('sha256').update(readFileSync(location)).digest('hex'));
    assert.equal(statSync(location).mode & 0o777, 0o600);
    const verdict = await judge(location);
    assert.equal(verdict.complaints, '');
});
