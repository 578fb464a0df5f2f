// Waiting with a deadline, for what tests wait for.

/** Fails after `ms` unless `promise` settles first; `what` names it in the error. */
export function within(ms, what, promise) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what}: not in ${ms} ms`)), ms);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Asks `probe` again and again until it gives something truthy, and gives that. For facts that no
 * event announces (a file's size, the number of threads of a process, statistics).
 */
export async function until(ms, what, probe, interval = 50) {
    const end = Date.now() + ms;
    for (let last; ; ) {
        try {
            const value = await probe();
            if (value) return value;
            last = undefined;
        } catch (error) {
            last = error;
        }
        if (Date.now() > end)
            throw new Error(`${what}: not in ${ms} ms${last ? ` (${last.message})` : ''}`);
        await new Promise((next) => setTimeout(next, interval));
    }
}
