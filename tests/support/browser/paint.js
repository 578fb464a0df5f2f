// Runs in a browser's page: reads the times that paintclock wrote into the pictures of a <video>.
'use strict';
globalThis.paint = (() => {
    const block = 20;
    const across = 24;
    const down = 3;
    const canvas = Object.assign(document.createElement('canvas'), { width: block * across, height: block * down });
    const context = canvas.getContext('2d', { willReadFrequently: true });

    /** What the picture shown now says: { painted, number }, or null where it can't be read. */
    function read(video) {
        const { width, height } = canvas;
        context.drawImage(video, 0, 0, width, height, 0, 0, width, height);
        const { data } = context.getImageData(0, 0, width, height);
        const bytes = new Uint8Array(across * down / 8);
        for (let bit = 0; bit < across * down; bit++) {
            const x = bit % across * block + block / 2;
            const y = Math.floor(bit / across) * block + block / 2;
            if (data[4 * (y * width + x) + 1] > 127) bytes[bit >> 3] |= 0x80 >> (bit & 7);
        }
        const sum = bytes.subarray(0, 8).reduce((one, other) => one + other) & 0xff;
        if (sum !== bytes[8]) return null;
        let painted = 0;
        for (const byte of bytes.subarray(0, 6)) painted = painted * 256 + byte;
        return { painted, number: bytes[6] << 8 | bytes[7] };
    }

    /**
     * Looks at each picture that a video shows for so many seconds: how old each was, in
     * milliseconds, and how many could not be read.
     */
    function ages(video, seconds) {
        return new Promise((resolve, reject) => {
            setTimeout(() => reject(new Error('no more pictures')), seconds * 1000 + 10000);
            const result = { ages: [], unread: 0 };
            const end = performance.now() + seconds * 1000;
            let last;
            const look = () => {
                const now = Date.now();
                const seen = read(video);
                if (!seen) result.unread += 1;
                else if (seen.number !== last) {
                    last = seen.number;
                    result.ages.push(now - seen.painted);
                }
                if (performance.now() < end) video.requestVideoFrameCallback(look);
                else resolve(result);
            };
            video.requestVideoFrameCallback(look);
        });
    }

    return { read, ages };
})();
