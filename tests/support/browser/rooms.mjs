// Peers of a room by gstwebrtc-api, the browser library of GStreamer's own signaling server, as npm
// has it: a tab in which room.js uses it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Peer } from './peers.mjs';

const library = createRequire(import.meta.url).resolve('gstwebrtc-api').replace('.esm.', '.min.');
const scripts = [library, new URL('room.js', import.meta.url)].map((f) => readFileSync(f, 'utf8'));

class RoomPeer extends Peer {
    /** Ends the session, or for a producer all of them. */
    close() {
        return this.tab.evaluate((id) => globalThis.room.close(id), this.id);
    }

    /** The other side ended the session. */
    ended(ms = 20000) {
        return this.tab.waitFor(ms, 'the end of the session', (id) => globalThis.room.ended(id),
            this.id);
    }
}

/** A tab that is in the room. */
export async function enter(browser, url, meta = {}) {
    const tab = await browser.peer();
    for (const script of scripts) await tab.evaluate((source) => (0, eval)(source), script);
    const run = async (way, ...rest) => {
        try {
            return await tab.evaluate(({ way, rest }) => globalThis.room[way](...rest),
                { way, rest });
        } catch (error) {
            throw new Error([`${way}: ${error.message}`, ...tab.log].join('\n'));
        }
    };
    await run('enter', url, meta);
    return {
        tab,
        names: () => run('names'),
        watch: async (name, offer = false) => new RoomPeer(tab, await run('watch', name, offer)),
        publish: async () => new RoomPeer(tab, await run('publish')),
    };
}
