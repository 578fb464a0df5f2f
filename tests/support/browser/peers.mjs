// Callers and viewers: a browser's tab and one connection of peer.js in it.
export class Peer {
    constructor(tab, info) {
        this.tab = tab;
        Object.assign(this, info);
    }

    stats() {
        return this.tab.evaluate((id) => globalThis.peer.stats(id), this.id);
    }

    /** What was agreed: { local, remote }. */
    descriptions() {
        return this.tab.evaluate((id) => {
            const { pc } = globalThis.peer.peers.get(id);
            return { local: pc.localDescription.sdp, remote: pc.remoteDescription.sdp };
        }, this.id);
    }

    hangUp() {
        return this.tab.evaluate((id) => globalThis.peer.hangUp(id), this.id);
    }

    restart(options) {
        return this.tab.evaluate(({ id, options }) => globalThis.peer.restart(id, options),
            { id: this.id, options });
    }

    /** Nothing is sent of these kinds of media ("audio", "video"), or all of it again. */
    hold(kinds, on = true) {
        return this.#tell('hold', kinds, on);
    }

    /** Black and silent, but sent. */
    mute(kinds, on = true) {
        return this.#tell('mute', kinds, on);
    }

    /** Of a call with source "drawn". */
    resize(width, height) {
        return this.#tell('resize', width, height);
    }

    #tell(method, ...words) {
        return this.tab.evaluate(({ method, id, words }) => globalThis.peer[method](id, ...words),
            { method, id: this.id, words });
    }

    pixels() {
        return this.tab.evaluate((id) => globalThis.peer.pixels(id), this.id);
    }

    /** Waits until the page's statistics satisfy; `fn` runs in the page. */
    async until(ms, what, fn, argument) {
        const inPage = `async (arg) => {
            const stats = await globalThis.peer.stats(arg.id);
            return (${fn})(stats, arg.argument) && stats;
        }`;
        try {
            return await this.tab.waitFor(ms, what, { toString: () => inPage }, {
                id: this.id,
                argument,
            });
        } catch (error) {
            const stats = await this.stats().catch(() => undefined);
            throw new Error(`${error.message}\n${JSON.stringify(stats, null, 1)}`);
        }
    }

    /** Waits until at least this many frames were decoded. */
    frames(count, ms = 20000) {
        return this.until(ms, `${count} frames decoded`,
            (stats, n) => stats.received?.video?.framesDecoded >= n, count);
    }
}

async function start(browser, way, url, options) {
    const tab = await browser.peer();
    try {
        const info = await tab.evaluate(({ way, url, options }) =>
            globalThis.peer[way](url, options), { way, url, options });
        return new Peer(tab, info);
    } catch (error) {
        throw new Error([`${way} ${url}: ${error.message}`, ...tab.log].join('\n'));
    }
}

/** Publishes by WHIP from a new tab. Options: see call() in peer.js. */
export const call = (browser, url, options = {}) => start(browser, 'call', url, options);

/** Watches by WHEP in a new tab. Options: see watch() in peer.js. */
export const watch = (browser, url, options = {}) => start(browser, 'watch', url, options);
