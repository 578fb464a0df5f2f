// A TURN server for a test: coturn with one user, on every address of the test's network.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createSocket } from 'node:dgram';
import { until } from './wait.mjs';

export const missingTurn = () => (existsSync('/usr/bin/turnserver') ? undefined : 'package coturn');

const USER = 'caller';
const PASSWORD = 'pass:word/1'; // has what a URI must escape

// A STUN binding request (RFC 8489, section 5) is answered: the server is up.
function answers(address, port) {
    const socket = createSocket('udp4');
    const request = Buffer.alloc(20);
    request.writeUInt16BE(1, 0);
    request.writeUInt32BE(0x2112a442, 4);
    const answer = new Promise((resolve) => {
        socket.on('message', () => resolve(true));
        socket.on('error', () => resolve(false));
        setTimeout(resolve, 300, false);
    });
    socket.send(request, port, address);
    return answer.finally(() => socket.close());
}

/** Starts coturn; gives the URI for our elements and the server as browsers write it. */
export async function startTurn(it, address = '10.77.0.1', port = 3478) {
    const folder = it.folder();
    const program = it.run('turnserver', [
        '-n', '--no-cli', '--no-tls', '--no-dtls', '--lt-cred-mech', '--realm=test.example',
        `--user=${USER}:${PASSWORD}`, `--listening-ip=${address}`, `--relay-ip=${address}`,
        `--listening-port=${port}`, '--allow-loopback-peers', '--log-file=stdout', '--verbose',
        `--pidfile=${path.join(folder, 'pid')}`, `--userdb=${path.join(folder, 'db')}`,
    ]);
    await until(10000, 'the TURN server', () => answers(address, port));
    const password = encodeURIComponent(PASSWORD);
    return {
        program,
        uri: `turn://${USER}:${password}@${address}:${port}?transport=udp`,
        stun: `stun://${address}:${port}`,
        browser: { urls: `turn:${address}:${port}?transport=udp`, username: USER, credential: PASSWORD },
    };
}
