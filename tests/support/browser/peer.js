// Runs in a browser's page: a WHIP caller and a WHEP viewer in plain RTCPeerConnection, as a
// stranger would write them, so that the server is judged by the standards alone.
'use strict';
globalThis.peer = (() => {
    function gathered(pc, ms = 3000) {
        return new Promise((resolve) => {
            const check = () => pc.iceGatheringState === 'complete' && resolve();
            pc.addEventListener('icegatheringstatechange', check);
            setTimeout(resolve, ms);
            check();
        });
    }

    function connected(pc, ms = 15000) {
        return new Promise((resolve, reject) => {
            const check = () => {
                if (pc.connectionState === 'connected') resolve();
                if (pc.connectionState === 'failed') reject(new Error('the connection failed'));
            };
            pc.addEventListener('connectionstatechange', check);
            setTimeout(() => reject(new Error(`still ${pc.connectionState} after ${ms} ms`)), ms);
            check();
        });
    }

    function prefer(transceiver, codec) {
        const kind = transceiver.receiver.track.kind;
        const all = RTCRtpReceiver.getCapabilities(kind).codecs;
        const type = `${kind}/${codec}`.toLowerCase();
        const wanted = all.filter((c) => c.mimeType.toLowerCase() === type);
        if (!wanted.length) throw new Error(`this browser has no ${codec}`);
        const rest = all.filter((c) => /rtx|red|ulpfec|flexfec|telephone|CN/i.test(c.mimeType));
        transceiver.setCodecPreferences([...wanted, ...rest]);
    }

    // Moving noise: as many bits as the encoder may spend.
    function noise(width, height, fps) {
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d');
        const tile = context.createImageData(256, 256);
        let frame = 0;
        const paint = () => {
            const words = new Uint32Array(tile.data.buffer);
            let seed = ++frame * 2654435761;
            for (let i = 0; i < words.length; i++) {
                seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
                words[i] = seed | 0xff000000;
            }
            for (let y = 0; y < height; y += 256)
                for (let x = 0; x < width; x += 256) context.putImageData(tile, x, y);
        };
        paint();
        setInterval(paint, 1000 / fps);
        const stream = canvas.captureStream(fps);
        // A browser short of bits gives up resolution first, and caps the rate by that.
        stream.getVideoTracks()[0].contentHint = 'detail';
        return stream;
    }

    // A bar that moves over a canvas whose size may change, as a phone's picture does when it is turned.
    function drawn(width, height, fps) {
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d');
        let frame = 0;
        const paint = () => {
            context.fillStyle = '#205080';
            context.fillRect(0, 0, canvas.width, canvas.height);
            context.fillStyle = '#e0c040';
            context.fillRect((++frame * 4) % canvas.width, 0, canvas.width / 8, canvas.height);
        };
        paint();
        setInterval(paint, 1000 / fps);
        const stream = canvas.captureStream(fps);
        stream.getVideoTracks()[0].contentHint = 'detail';
        stream.canvas = canvas;
        return stream;
    }

    async function media({ video = true, audio = true, width = 640, height = 480, source }) {
        const sources = { noise, drawn };
        if (sources[source]) {
            const stream = sources[source](width, height, 30);
            if (audio) {
                const sound = await navigator.mediaDevices.getUserMedia({ audio: true });
                stream.addTrack(sound.getAudioTracks()[0]);
            }
            return stream;
        }
        return navigator.mediaDevices.getUserMedia({
            video: video && { width, height },
            audio,
        });
    }

    function iceServers(link) {
        if (!link) return [];
        return link.split(/,\s*(?=<)/).map((entry) => {
            const part = (name) => new RegExp(`;\\s*${name}="([^"]*)"`).exec(entry)?.[1];
            return {
                urls: /<([^>]*)>/.exec(entry)[1],
                username: part('username'),
                credential: part('credential'),
            };
        });
    }

    function fragment(pc, candidates) {
        const sdp = pc.localDescription.sdp;
        const line = (name) => new RegExp(`a=${name}:.*`).exec(sdp)[0];
        const media = /m=.*/.exec(sdp)[0];
        const lines = [line('ice-ufrag'), line('ice-pwd'), media, line('mid')];
        for (const candidate of candidates) lines.push(`a=${candidate}`);
        return lines.concat('a=end-of-candidates', '').join('\r\n');
    }

    function pause(ms) {
        return new Promise((next) => setTimeout(next, ms));
    }

    async function post(url, sdp, token, type = 'application/sdp') {
        const headers = { 'Content-Type': type };
        if (token) headers.Authorization = `Bearer ${token}`;
        const end = performance.now() + 15000;
        let response;
        for (;;) {
            response = await fetch(url, { method: 'POST', headers, body: sdp });
            // WHEP: nothing is on yet; a player tries again.
            if (response.status !== 409 || performance.now() > end) break;
            await pause(500);
        }
        const body = await response.text();
        if (!response.ok) throw new Error(`POST: ${response.status} ${body}`);
        return { response, body };
    }

    async function negotiate(self, url, options) {
        const { pc } = self;
        const found = [];
        pc.addEventListener('icecandidate', (event) => {
            if (event.candidate?.candidate) found.push(event.candidate.candidate);
        });
        await pc.setLocalDescription();
        let sdp = pc.localDescription.sdp;
        if (options.trickle) sdp = sdp.replace(/a=(candidate|end-of-candidates).*\r\n/g, '');
        else {
            await gathered(pc);
            sdp = pc.localDescription.sdp;
        }
        if (options.mangle) sdp = (0, eval)(`(${options.mangle})`)(sdp);
        const started = performance.now();
        self.postedAt = started;
        const { response, body } = await post(url, sdp, options.token);
        self.answerMs = performance.now() - started;
        self.status = response.status;
        self.headers = Object.fromEntries(response.headers);
        self.location = new URL(response.headers.get('location'), url).href;
        self.offer = sdp;
        self.answer = body;
        await pc.setRemoteDescription({ type: 'answer', sdp: body });
        if (options.trickle) {
            await gathered(pc);
            const patch = await fetch(self.location, {
                method: 'PATCH',
                headers: {
                    'Content-Type': 'application/trickle-ice-sdpfrag',
                    'If-Match': response.headers.get('etag') ?? '*',
                },
                body: fragment(pc, found),
            });
            self.patchStatus = patch.status;
        }
        if (options.wait !== false) await connected(pc);
        self.connectedAt = performance.timeOrigin + performance.now();
    }

    /** When things came, in milliseconds since the POST: the answer, the connection, a picture. */
    async function timings(id) {
        const self = peers.get(id);
        return {
            answer: self.answerMs,
            connected: self.connectedAt - performance.timeOrigin - self.postedAt,
            picture: await self.firstPicture - self.postedAt,
        };
    }

    function describe(self) {
        return {
            status: self.status,
            location: self.location,
            headers: self.headers,
            offer: self.offer,
            answer: self.answer,
            answerMs: self.answerMs,
            patchStatus: self.patchStatus,
            state: self.pc.connectionState,
            connectedAt: self.connectedAt,
        };
    }

    const peers = new Map();
    let count = 0;

    async function start(self, url, options) {
        self.pc.addEventListener('connectionstatechange', () => {
            self.states.push(self.pc.connectionState);
        });
        await negotiate(self, url, options);
        peers.set(++count, self);
        return { id: count, ...describe(self) };
    }

    // WHIP. Options: codec, audioCodec, video, audio, width, height, source, trickle, token,
    // relay, servers, maxBitrate (bits a second), layers (a scalability mode: 'L1T3'), mangle (source of a function of the offer),
    // held (a list of kinds that are sent only when hold() says so).
    async function call(url, options = {}) {
        const config = { iceServers: options.servers ?? [] };
        if (options.relay) config.iceTransportPolicy = 'relay';
        const self = { pc: new RTCPeerConnection(config), states: [] };
        self.stream = await media(options);
        for (const track of self.stream.getTracks()) {
            const transceiver = self.pc.addTransceiver(track, {
                direction: 'sendonly',
                streams: [self.stream],
                sendEncodings: (options.maxBitrate || options.layers) && track.kind === 'video'
                    ? [{ maxBitrate: options.maxBitrate, scalabilityMode: options.layers }] : undefined,
            });
            if (options.held?.includes(track.kind)) await transceiver.sender.replaceTrack(null);
            if (options.codec && track.kind === 'video') prefer(transceiver, options.codec);
            if (options.audioCodec && track.kind === 'audio') prefer(transceiver, options.audioCodec);
        }
        return start(self, url, options);
    }

    // WHEP. Options: codec, video, audio, trickle, token, relay, servers, link (ask the server
    // for its ICE servers first).
    async function watch(url, options = {}) {
        const config = { iceServers: options.servers ?? [] };
        if (options.link) {
            const response = await fetch(url, { method: 'OPTIONS' });
            config.iceServers = iceServers(response.headers.get('link'));
        }
        if (options.relay) config.iceTransportPolicy = 'relay';
        const self = { pc: new RTCPeerConnection(config), states: [] };
        const stream = new MediaStream();
        self.pc.addEventListener('track', (event) => stream.addTrack(event.track));
        for (const kind of ['audio', 'video']) {
            if (options[kind] === false) continue;
            const transceiver = self.pc.addTransceiver(kind, { direction: 'recvonly' });
            if (options.codec && kind === 'video') prefer(transceiver, options.codec);
        }
        const video = document.createElement('video');
        Object.assign(video, { srcObject: stream, autoplay: true, playsInline: true });
        video.muted = options.muted ?? true;
        video.style.width = '100%';
        document.body.append(video);
        self.firstPicture = new Promise((resolve, reject) => {
            setTimeout(() => reject(new Error('no picture')), 30000);
            video.requestVideoFrameCallback(() => resolve(performance.now()));
        });
        self.firstPicture.catch(() => {}); // told to whoever asks
        self.video = video;
        self.stream = stream;
        return start(self, url, options);
    }

    async function hangUp(id) {
        const self = peers.get(id);
        const seconds = (performance.timeOrigin + performance.now() - self.connectedAt) / 1000;
        const response = await fetch(self.location, { method: 'DELETE' });
        self.pc.close();
        return { status: response.status, seconds };
    }

    // An ICE restart by PATCH (RFC 9725 section 4.3.3): other credentials there and back. Options: token.
    async function restart(id, options = {}) {
        const { pc, location } = peers.get(id);
        const authorization = options.token ? { Authorization: `Bearer ${options.token}` } : {};
        const pick = (text, name) => new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];
        const previous = pc.remoteDescription.sdp;
        const offer = await pc.createOffer({ iceRestart: true });
        await pc.setLocalDescription(offer);
        await gathered(pc, 2000);
        const section = /^m=[^]*?(?=^m=|(?![^]))/m.exec(pc.localDescription.sdp)[0];
        const lines = section.split(/\r?\n/).filter((line) =>
            /^m=|^a=(mid|ice-ufrag|ice-pwd|candidate):?/.test(line));
        const response = await fetch(location, {
            method: 'PATCH',
            headers: {
                'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*', ...authorization,
            },
            body: `${lines.join('\r\n')}\r\na=end-of-candidates\r\n`,
        });
        const fragment = await response.text();
        const info = { status: response.status, etag: response.headers.get('etag'), fragment };
        if (response.status !== 200) return info;
        let first = true;
        const sdp = previous
            .replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, '')
            .replace(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${pick(fragment, 'ice-ufrag')}`)
            .replace(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${pick(fragment, 'ice-pwd')}`)
            .replace(/^a=mid:.*\r?\n/gm, (line) => {
                const candidates = fragment.match(/^a=candidate:.*\r?\n/gm) ?? [];
                const more = first ? candidates.join('') : '';
                first = false;
                return line + more;
            });
        await pc.setRemoteDescription({ type: 'answer', sdp });
        return { ...info, local: pick(section, 'ice-ufrag'), remote: pick(fragment, 'ice-ufrag') };
    }

    function close(id) {
        peers.get(id).pc.close();
    }

    // Nothing is sent of these kinds of media, or all of it again.
    async function hold(id, kinds, on) {
        const { pc, stream } = peers.get(id);
        for (const [index, transceiver] of pc.getTransceivers().entries()) {
            const track = stream.getTracks()[index];
            if (kinds.includes(track.kind)) await transceiver.sender.replaceTrack(on ? null : track);
        }
    }

    // Black and silent, but sent.
    function mute(id, kinds, on) {
        for (const track of peers.get(id).stream.getTracks())
            if (kinds.includes(track.kind)) track.enabled = !on;
    }

    // The size of a picture that is drawn.
    function resize(id, width, height) {
        Object.assign(peers.get(id).stream.canvas, { width, height });
    }

    // Numbers from 0 to 1 that are the same in every run (mulberry32).
    function random(seed) {
        return () => {
            seed = (seed + 0x6d2b79f5) | 0;
            let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
            t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
            return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
        };
    }

    // One short session that ends in one of the ways in which sessions end.
    async function visit(url, send, stage, chance) {
        const pc = new RTCPeerConnection();
        const abort = new AbortController();
        try {
            const direction = send ? 'sendonly' : 'recvonly';
            const tracks = send ? send.getTracks() : ['audio', 'video'];
            for (const track of tracks) pc.addTransceiver(track, { direction });
            await pc.setLocalDescription();
            await gathered(pc, 500);
            if (stage === 'aborted') setTimeout(() => abort.abort(), chance() * 40);
            const response = await fetch(url, {
                method: 'POST',
                headers: { 'Content-Type': 'application/sdp' },
                body: pc.localDescription.sdp,
                signal: abort.signal,
            });
            const answer = await response.text();
            if (!response.ok) return `refused ${response.status}`;
            const location = new URL(response.headers.get('location'), url).href;
            const end = () => fetch(location, { method: 'DELETE' });
            if (stage === 'answered') return (await end()) && stage;
            if (stage === 'silent') return stage;
            await pc.setRemoteDescription({ type: 'answer', sdp: answer });
            if (stage === 'connecting') await pause(chance() * 150);
            else await connected(pc).then(() => pause(chance() * 200));
            if (stage !== 'closed') await end();
            return stage;
        } catch (error) {
            return error.name === 'AbortError' ? stage : `failed: ${error.message}`;
        } finally {
            pc.close();
        }
    }

    // Many short sessions, some at a time; gives how many ended in which way.
    async function churn(url, { count, parallel, seed, publish, stages }) {
        const chance = random(seed);
        stages ??= ['aborted', 'answered', 'silent', 'connecting', 'connected', 'closed'];
        const stream = publish ? await media({ width: 160, height: 120 }) : null;
        const ends = {};
        let left = count;
        const visitor = async () => {
            while (left-- > 0) {
                const stage = stages[Math.floor(chance() * stages.length)];
                const end = await visit(url, stream, stage, chance);
                ends[end] = (ends[end] ?? 0) + 1;
            }
        };
        await Promise.all(Array.from({ length: parallel }, visitor));
        stream?.getTracks().forEach((track) => track.stop());
        return ends;
    }

    // What is sent and received, one object a direction and kind.
    async function stats(id) {
        const self = peers.get(id);
        const result = { state: self.pc.connectionState, states: self.states };
        const report = await self.pc.getStats();
        for (const entry of report.values()) {
            if (entry.type === 'inbound-rtp' || entry.type === 'outbound-rtp') {
                const codec = report.get(entry.codecId)?.mimeType?.split('/')[1];
                const { id: _, ...rest } = entry;
                const way = entry.type === 'inbound-rtp' ? 'received' : 'sent';
                ((result[way] ??= {})[entry.kind] = { ...rest, codec });
            }
            if (entry.type === 'transport' || entry.type === 'candidate-pair') {
                const pair = entry.type === 'transport'
                    ? report.get(entry.selectedCandidatePairId)
                    : entry.nominated && entry.selected !== false && entry;
                if (!pair) continue;
                const local = report.get(pair.localCandidateId);
                const remote = report.get(pair.remoteCandidateId);
                result.pair = {
                    local: local?.candidateType,
                    remote: remote?.candidateType,
                    protocol: local?.protocol,
                    ufrag: local?.usernameFragment,
                    remoteUfrag: remote?.usernameFragment,
                    available: pair.availableOutgoingBitrate,
                    rtt: pair.currentRoundTripTime,
                };
            }
        }
        return result;
    }

    // A picture of what the video shows now, as 16 × 9 grey levels.
    function pixels(id) {
        const { video } = peers.get(id);
        if (!video.videoWidth) return null;
        const canvas = Object.assign(document.createElement('canvas'), { width: 16, height: 9 });
        const context = canvas.getContext('2d');
        context.drawImage(video, 0, 0, 16, 9);
        const { data } = context.getImageData(0, 0, 16, 9);
        return Array.from({ length: 144 }, (_, i) => data[4 * i + 1]);
    }

    return {
        call, watch, hangUp, hold, mute, resize, restart, close, stats, timings, pixels, churn, peers,
    };
})();
