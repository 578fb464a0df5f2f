// Runs in a browser's page: when the picture of a <video> flashes, and when its sound beeps.
'use strict';
globalThis.lips = (() => {
    const loud = 0.05;
    const bright = 100;
    const worklet = `registerProcessor('onsets', class extends AudioWorkletProcessor {
        #quiet = 0;
        process([[samples = []]]) {
            const isLoud = samples.some((sample) => Math.abs(sample) > ${loud});
            if (isLoud && this.#quiet > sampleRate / 4) this.port.postMessage('beep');
            this.#quiet = isLoud ? 0 : this.#quiet + 128;
            return true;
        }
    });`;

    async function hear(stream, beep) {
        const context = new AudioContext();
        const url = URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' }));
        await context.audioWorklet.addModule(url);
        const onsets = new AudioWorkletNode(context, 'onsets');
        onsets.port.onmessage = () => beep(performance.now());
        context.createMediaStreamSource(stream).connect(onsets).connect(context.destination);
        await context.resume();
    }

    function see(video, flash) {
        const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
        const context = canvas.getContext('2d', { willReadFrequently: true });
        let wasBright = true;
        const look = (now) => {
            context.drawImage(video, 0, 0, 1, 1);
            const isBright = context.getImageData(0, 0, 1, 1).data[1] > bright;
            if (isBright && !wasBright) flash(now);
            wasBright = isBright;
            video.requestVideoFrameCallback(look);
        };
        video.requestVideoFrameCallback(look);
    }

    /** From now on: by how many milliseconds each flash is later than the beep next to it. */
    async function watch(video) {
        const beeps = [];
        const flashes = [];
        await hear(video.srcObject, (time) => beeps.push(time));
        see(video, (time) => flashes.push(time));
        return () => flashes
            .filter((time) => performance.now() - time > 500 && beeps.length > 0)
            .map((time) => time - beeps.reduce((best, other) =>
                (Math.abs(other - time) < Math.abs(best - time) ? other : best)));
    }

    return { watch };
})();
