// Runs in a browser's page beside peer.js and the library gstwebrtc-api, which it uses as a page of
// its users would: enters a room, watches one of its producers, or is one.
'use strict';
globalThis.room = (() => {
    let api;

    function enter(url, meta) {
        api = new GstWebRTCAPI({
            signalingServerUrl: url,
            reconnectionTimeout: 0,
            meta,
            webrtcConfig: { iceServers: [], bundlePolicy: 'max-bundle' },
        });
        return new Promise((resolve, reject) => {
            setTimeout(() => reject(new Error('the room did not welcome us')), 20000);
            api.registerConnectionListener({ connected: resolve, disconnected() {} });
        });
    }

    const names = () => api.getAvailableProducers().map((p) => p.meta.name ?? p.id);

    function producer(name) {
        const find = () => api.getAvailableProducers().find((p) => (p.meta.name ?? p.id) === name);
        return new Promise((resolve, reject) => {
            const check = () => find() && resolve(find().id);
            setTimeout(() => reject(new Error(`${name} is not in the room`)), 20000);
            api.registerPeerListener({ producerAdded: check });
            check();
        });
    }

    function keep(id, session, self) {
        Object.assign(self, { pc: session.rtcPeerConnection, states: [] });
        globalThis.peer.peers.set(id, self);
        return { id };
    }

    /** Watches a producer; with `offer` the offer is ours. */
    async function watch(name, offer) {
        const id = await producer(name);
        const session = offer
            ? api.createConsumerSessionWithOfferOptions(id, {
                offerToReceiveAudio: true, offerToReceiveVideo: true })
            : api.createConsumerSession(id);
        const video = document.createElement('video');
        Object.assign(video, { autoplay: true, playsInline: true, muted: true });
        document.body.append(video);
        await new Promise((resolve, reject) => {
            session.addEventListener('error', (event) => reject(event.error));
            session.addEventListener('closed', () => reject(new Error('the session is closed')));
            session.addEventListener('streamsChanged', resolve);
            setTimeout(() => reject(new Error(`no stream: the session is ${session.state}`)), 30000);
            session.connect();
        });
        [video.srcObject] = session.streams;
        const self = { video, session, ended: false };
        session.addEventListener('closed', () => { self.ended = true; });
        return keep(session.sessionId, session, self);
    }

    /** Sends the camera to each consumer that comes; gives the first one's session. */
    async function publish() {
        const stream = await navigator.mediaDevices.getUserMedia({
            video: { width: 320, height: 240 }, audio: true });
        const session = api.createProducerSession(stream);
        const client = await new Promise((resolve, reject) => {
            session.addEventListener('error', (event) => reject(event.error));
            session.addEventListener('clientConsumerAdded', (event) => resolve(event.detail));
            setTimeout(() => reject(new Error('no consumer came')), 30000);
            session.start();
        });
        return keep(client.sessionId, client, { producer: session });
    }

    const close = (id) => {
        const self = globalThis.peer.peers.get(id);
        (self.producer ?? self.session).close();
    };
    const ended = (id) => globalThis.peer.peers.get(id).ended;

    return { enter, names, watch, publish, close, ended };
})();
