// Programs that a test starts: pipelines by gst-launch, servers. Each is ended with its test.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { within } from './wait.mjs';

const asEvent = (line) => (line.startsWith('{') ? JSON.parse(line) : undefined);

/** A running program with its output so far, line by line. */
export class Program {
    #lines = [];
    #waiters = new Set();

    constructor(command, args, options = {}) {
        this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
        this.pid = this.child.pid;
        this.command = [command, ...args].join(' ');
        this.exited = new Promise((resolve) => {
            this.child.on('error', (error) => this.#end(resolve, `can't start: ${error.message}`));
            this.child.on('close', (code, signal) => this.#end(resolve, signal ?? code));
        });
        for (const stream of [this.child.stdout, this.child.stderr]) this.#read(stream);
    }

    get output() {
        return this.#lines.join('\n');
    }

    /** The first line, already there or still to come, for which `pick` gives something. */
    line(ms, what, pick) {
        for (const line of this.#lines) {
            const found = pick(line);
            if (found) return Promise.resolve(found);
        }
        let waiter;
        const promise = new Promise((resolve, reject) => {
            waiter = { pick, resolve, reject };
            if (this.ended !== undefined) reject(this.#gone(what));
            else this.#waiters.add(waiter);
        });
        return within(ms, what, promise)
            .catch((error) => {
                throw new Error(`${error.message}\n${this.command}\n${this.output}`);
            })
            .finally(() => this.#waiters.delete(waiter));
    }

    /** The first line of JSON that is called so, {"event":name,…}, already there or still to come. */
    event(name, ms = 20000, where = () => true, what = name) {
        return this.line(ms, what, (line) => {
            const fields = asEvent(line);
            return fields?.event === name && where(fields) && fields;
        });
    }

    /** All of them so far. */
    events(name) {
        return this.#lines.map(asEvent).filter((fields) => fields?.event === name);
    }

    signal(name) {
        this.child.kill(name);
    }

    /** Sends a signal and waits for the end; past the deadline the program is killed. */
    async stop(name = 'SIGINT', ms = 15000) {
        if (this.ended === undefined) this.signal(name);
        try {
            return await within(ms, `the end of ${this.command} after ${name}`, this.exited);
        } catch (error) {
            this.child.kill('SIGKILL');
            throw new Error(`${error.message}\n${this.output}`);
        }
    }

    /** Threads, open descriptors, resident kilobytes, CPU seconds so far, by /proc. */
    usage() {
        const proc = `/proc/${this.pid}`;
        const stat = readFileSync(`${proc}/stat`, 'utf8').split(') ')[1].split(' ');
        const status = readFileSync(`${proc}/status`, 'utf8');
        return {
            threads: readdirSync(`${proc}/task`).length,
            descriptors: readdirSync(`${proc}/fd`).length,
            kilobytes: Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
            cpu: (Number(stat[11]) + Number(stat[12])) / 100,
        };
    }

    /** Names of the threads that run now. */
    threads() {
        const tasks = `/proc/${this.pid}/task`;
        return readdirSync(tasks).map((id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim());
    }

    /** How many descriptors of each kind are open: tcp, udp, pipe, anon_inode:[eventfd], a path… */
    descriptors() {
        const proc = `/proc/${this.pid}`;
        const sockets = new Map();
        for (const kind of ['tcp', 'tcp6', 'udp', 'udp6', 'unix', 'netlink'])
            for (const line of readFileSync(`${proc}/net/${kind}`, 'utf8').split('\n').slice(1)) {
                const words = line.trim().split(/\s+/);
                const inode = words[{ unix: 6, netlink: 9 }[kind] ?? 9];
                sockets.set(inode, kind);
            }
        const kinds = {};
        for (const id of readdirSync(`${proc}/fd`)) {
            const [, name, inode] = /^(.*?)(?::\[(\d+)\])?$/.exec(readlinkSync(`${proc}/fd/${id}`));
            const kind = name === 'socket' ? sockets.get(inode) ?? 'unbound socket' : name;
            kinds[kind] = (kinds[kind] ?? 0) + 1;
        }
        return kinds;
    }

    #read(stream) {
        let rest = '';
        stream.setEncoding('utf8');
        stream.on('data', (text) => {
            const lines = (rest + text).split('\n');
            rest = lines.pop();
            for (const line of lines) this.#add(line);
        });
        stream.on('end', () => rest && this.#add(rest));
    }

    #add(line) {
        this.#lines.push(line);
        if (process.env.RTC_TEST_OUTPUT) console.error(`  [${this.pid}] ${line}`);
        for (const waiter of this.#waiters) {
            const found = waiter.pick(line);
            if (found) waiter.resolve(found);
        }
    }

    #end(resolve, how) {
        this.ended = how;
        for (const waiter of this.#waiters) waiter.reject(this.#gone('a line'));
        resolve(how);
    }

    #gone(what) {
        return new Error(`${what}: the program ended (${this.ended})`);
    }
}

/** The fields of a message as `gst-launch-1.0 -m` prints it, or undefined for another line. */
export function parseMessage(line) {
    const head = /^Got message #\d+ from (\S+) "([^"]*)" \(([\w-]+)\): ([\w-]+)(.*);$/.exec(line);
    if (!head) return undefined;
    const fields = {};
    const field = /, ([\w-]+)=\(([\w:]+)\)("(?:[^"\\]|\\.)*"|<[^>]*>|[^,;]*)/g;
    for (const [, key, type, text] of head[5].matchAll(field)) fields[key] = value(type, text);
    return { source: head[2], type: head[3], name: head[4], fields };
}

function value(type, text) {
    if (text.startsWith('<'))
        return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|([^<>,\s]+)/g)].map((m) => m[1] ?? m[2]);
    const plain = text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
    if (/^(g?u?int|g?u?int64|guint64|double|float|guint)$/.test(type)) return Number(plain);
    if (type === 'boolean') return plain === 'true';
    return plain;
}

/** A pipeline that gst-launch-1.0 runs; `string` is as a person would type it. */
export class Pipeline extends Program {
    constructor(string, options = {}) {
        // Split as a shell would, so that a test holds the very string that the docs show.
        super('bash', ['-c', `exec gst-launch-1.0 -e -m ${string}`], options);
        this.string = string;
    }

    /** The fields of the first element message of this name (that satisfies). */
    message(name, { ms = 20000, where = () => true } = {}) {
        return this.line(ms, `the message ${name}`, (line) => {
            const message = parseMessage(line);
            return message?.name === name && where(message.fields, message) && message.fields;
        });
    }

    /** All messages of this name so far. */
    messages(name) {
        return this.output
            .split('\n')
            .map(parseMessage)
            .filter((message) => message?.name === name)
            .map((message) => message.fields);
    }

    /** The URI of each signaling element, once `count` of them are ready. */
    async uris(count = 1) {
        const seen = [];
        return this.line(20000, `${count} × rtc-signaling-ready`, (line) => {
            const message = parseMessage(line);
            if (message?.name === 'rtc-signaling-ready') seen.push(message.fields.uri);
            return seen.length >= count && seen;
        });
    }
}
