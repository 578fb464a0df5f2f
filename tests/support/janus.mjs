// Janus for a test: a videoroom 1234, a room 4321 with a pin, and mountpoint 1, fed with RTP by a
// pipeline of ours. WebSocket on port 8188.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createConnection } from 'node:net';
import { until } from './wait.mjs';

export const missingJanus = () => (existsSync('/usr/bin/janus') ? undefined : 'package janus');

const PLUGINS = ['recordplay', 'sip', 'audiobridge', 'echotest', 'nosip', 'textroom', 'videocall',
    'voicemail', 'duktape', 'lua'];
const TRANSPORTS = ['http', 'pfunix', 'mqtt', 'rabbitmq', 'nanomsg'];
const libraries = (names) => names.map((name) => `libjanus_${name}.so`).join(',');

const listens = (port, host) => new Promise((resolve) => {
    const socket = createConnection({ port, host });
    socket.on('connect', () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
});

/** Starts Janus in the scene; gives its program. `stop()` of it is an outage. */
export async function startJanus(it, address = '10.77.0.1') {
    const folder = path.join(it.folder(), 'janus');
    mkdirSync(folder);
    const room = (id, more = '') => `room-${id}: { description = "hall"\n publishers = 6\n ` +
        `bitrate = 2000000\n audiocodec = "opus"\n videocodec = "vp8,h264"\n ${more} }\n`;
    const settings = {
        'janus.jcfg': 'general: { debug_level = 4 }\nmedia: { }\n' +
            `nat: { ice_enforce_list = "${address}"\n ice_ignore_list = "vmnet" }\n` +
            `plugins: { disable = "${libraries(PLUGINS)}" }\n` +
            `transports: { disable = "${libraries(TRANSPORTS)}" }\n`,
        'janus.transport.websockets.jcfg':
            'general: { json = "plain"\n ws = true\n ws_port = 8188\n wss = false }\n',
        'janus.plugin.videoroom.jcfg': 'general: { }\n' + room(1234) + room(4321, 'pin = "1-2-3"'),
        'janus.plugin.streaming.jcfg': 'general: { }\nlive: { type = "rtp"\n id = 1\n audio = false\n ' +
            'video = true\n videoport = 5004\n videopt = 100\n videocodec = "vp8" }\n',
    };
    for (const [name, text] of Object.entries(settings)) writeFileSync(path.join(folder, name), text);
    const program = it.run('janus', ['-F', folder, '-o']);
    await until(20000, 'Janus', () => listens(8188, '127.0.0.1'));
    return program;
}

/** What mountpoint 1 is fed with. */
export const feedMountpoint = (it) => it.pipeline(
    'videotestsrc is-live=true ! vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay pt=100 mtu=1200 ! ' +
    'udpsink host=127.0.0.1 port=5004');
