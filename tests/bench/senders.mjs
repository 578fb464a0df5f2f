// The senders that are compared. Each starts, says where viewers call, and which process to measure.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Pipeline, Program } from '../support/process.mjs';
import { until } from '../support/wait.mjs';
import { build } from './load.mjs';

const address = '10.77.0.1'; // of tests/support/in-network

function demux(file, video, audio) {
    return `filesrc location=${file} ! matroskademux name=d d.video_0 ! queue ! ${video} ` +
        `d.audio_0 ! queue ! ${audio}`;
}

/** rtcsink, with encoded media. */
export async function ours(file) {
    const pipeline = new Pipeline(demux(file, 'h264parse ! live.', 'opusparse ! live.') +
        ' rtcsink name=live max-sessions=1000 signaling="whepserver port=0 rate-limit=0 max-sessions=1000"');
    const [url] = await pipeline.uris();
    return { program: pipeline, url, stop: () => pipeline.stop('SIGKILL') };
}

/** rtcsink, which encodes. */
export async function raw() {
    const pipeline = new Pipeline('videotestsrc is-live=true pattern=smpte horizontal-speed=7 ! ' +
        'video/x-raw,width=1280,height=720,framerate=30/1 ! rtcsink name=live video-codecs=H264 ' +
        'video-bitrate=1550000 max-sessions=1000 signaling="whepserver port=0 rate-limit=0 max-sessions=1000" ' +
        'audiotestsrc is-live=true ! live.');
    const [url] = await pipeline.uris();
    return { program: pipeline, url, stop: () => pipeline.stop('SIGKILL') };
}

/** webrtcbin as it comes. */
export async function webrtcbin(file) {
    const string = demux(file,
        'h264parse config-interval=-1 ! rtph264pay pt=102 mtu=1200 aggregate-mode=zero-latency ! clocksync ! ' +
        'tee name=video allow-not-linked=true',
        'opusparse ! rtpopuspay pt=111 ! clocksync ! tee name=audio allow-not-linked=true');
    const program = new Program(path.join(build, 'tests/bench/plainsender'), [string]);
    const url = await program.line(20000, 'its address', (line) => /^http:\S+/.exec(line)?.[0]);
    return { program, url, stop: () => program.stop('SIGKILL') };
}

function installed(command) {
    try {
        return execFileSync('which', [command], { encoding: 'utf8' }).trim();
    } catch {
        return undefined;
    }
}

/** Janus's streaming plugin, fed with RTP by another process. undefined: not installed. */
export async function janus(file) {
    if (!installed('janus')) return undefined;
    const folder = path.join(build, 'bench-janus');
    mkdirSync(folder, { recursive: true });
    const settings = {
        'janus.jcfg': 'general: { debug_level = 3 }\nmedia: { }\n' +
            `nat: { ice_enforce_list = "${address}"\n ice_ignore_list = "vmnet" }\n` +
            'plugins: { disable = "libjanus_videoroom.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_audiobridge.so,' +
            'libjanus_echotest.so,libjanus_nosip.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so,' +
            'libjanus_duktape.so,libjanus_lua.so" }\n' +
            'transports: { disable = "libjanus_websockets.so,libjanus_pfunix.so,libjanus_mqtt.so,libjanus_rabbitmq.so,' +
            'libjanus_nanomsg.so" }\n',
        'janus.transport.http.jcfg': 'general: { json = "plain"\n http = true\n port = 8088\n https = false }\n',
        'janus.plugin.streaming.jcfg': 'live: { type = "rtp"\n id = 1\n audio = true\n audioport = 5002\n' +
            ' audiopt = 111\n audiocodec = "opus"\n video = true\n videoport = 5004\n videopt = 102\n' +
            ' videocodec = "h264"\n videofmtp = "profile-level-id=42e01f;packetization-mode=1" }\n',
    };
    for (const [name, text] of Object.entries(settings)) writeFileSync(path.join(folder, name), text);
    const program = new Program('janus', ['-F', folder, '-o']);
    const url = 'http://127.0.0.1:8088/janus';
    await until(20000, 'Janus', async () => (await fetch(`${url}/info`)).ok);
    const feed = new Pipeline(demux(file,
        'h264parse config-interval=-1 ! rtph264pay pt=102 mtu=1200 aggregate-mode=zero-latency ! ' +
        'udpsink host=127.0.0.1 port=5004',
        'opusparse ! rtpopuspay pt=111 ! udpsink host=127.0.0.1 port=5002'));
    return {
        program, url, arguments: ['--janus', '1'],
        stop: async () => {
            await feed.stop('SIGKILL');
            await program.stop('SIGKILL');
        },
    };
}
