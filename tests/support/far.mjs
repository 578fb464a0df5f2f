// The other end of a network link that loses and delays (tests/support/link), and viewers there.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from './process.mjs';

const build = process.env.RTC_TEST_BUILD ?? fileURLToPath(new URL('../../build', import.meta.url));

/** A `mangle` for watch(): takes attributes out of the offer, by patterns of what they begin with. */
export const withoutAttributes = (...patterns) =>
    `(sdp) => sdp.replace(/^a=(${patterns.join('|')}).*\\r\\n/gm, "")`;

/** Opens a link for a scene; `options` as link.cpp tells. Nothing is lost before impair(). */
export async function openLink(it, options) {
    const start = (command, args) => {
        const program = new Program(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
        it.atEnd(async () => {
            program.child.stdin.end();
            if (program.ended === undefined) await program.stop('SIGTERM');
        });
        return program;
    };
    const link = start(path.join(build, 'tests/support/link'), ['--rate', '0:20000', ...options]);
    const { pid, address } = await link.event('ready', 10000);
    return {
        impair: () => link.child.stdin.write('start\n'),
        /** Watches from there. */
        watch(url, settings = {}) {
            const viewer = start('nsenter', [`--net=/proc/${pid}/ns/net`, process.execPath,
                fileURLToPath(new URL('farviewer.mjs', import.meta.url)),
                url.replace(/\/\/[^:/]+/, `//${address}`), JSON.stringify(settings)]);
            return {
                /** What it received, once that satisfies. */
                until(ms, what, test) {
                    return viewer.event('figures', ms,
                        (told) => told.received && test(told.received, told), what);
                },
            };
        },
    };
}
