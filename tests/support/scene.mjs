// What a test sets up and what must be gone after it: programs, browsers, folders.
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openBrowser } from './browser/browsers.mjs';
import { Pipeline, Program } from './process.mjs';

export class Scene {
    #undo = [];

    /** Runs at the end of the test, the last one first; its failure fails the test. */
    atEnd(undo) {
        this.#undo.unshift(undo);
    }

    run(command, args, options) {
        const program = new Program(command, args, options);
        this.atEnd(() => program.ended ?? program.stop('SIGKILL'));
        return program;
    }

    pipeline(string, options) {
        const pipeline = new Pipeline(string, options);
        this.atEnd(() => pipeline.ended ?? pipeline.stop('SIGKILL'));
        return pipeline;
    }

    async browser(kind, options) {
        const browser = await openBrowser(kind, options);
        this.atEnd(() => browser.close());
        return browser;
    }

    folder() {
        const folder = mkdtempSync(path.join(tmpdir(), 'gst-rtc-'));
        this.atEnd(() => rmSync(folder, { recursive: true, force: true }));
        return folder;
    }

    async end() {
        const errors = [];
        for (const undo of this.#undo) {
            try {
                await undo();
            } catch (error) {
                errors.push(error);
            }
        }
        if (errors.length) throw new AggregateError(errors, errors.map((e) => e.message).join('; '));
    }
}

/** Where screenshots are kept for people to look at. */
export function screenshotPath(name) {
    const folder = process.env.RTC_TEST_SCREENSHOTS ?? path.join(tmpdir(), 'gst-rtc-screenshots');
    mkdirSync(folder, { recursive: true });
    return path.join(folder, `${name}.png`);
}

/** A test with a Scene; `seconds` is its watchdog. */
export function scene(name, seconds, body) {
    test(name, { timeout: seconds * 1000 + 30000 }, async (context) => {
        const it = new Scene();
        try {
            await body(it, context);
        } finally {
            await it.end();
        }
    });
}
