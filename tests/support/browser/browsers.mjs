// Two real browsers behind one interface: Chromium by playwright-core, Firefox by puppeteer-core.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { within } from '../wait.mjs';

const CHROMIUM = '/usr/bin/chromium';
const FIREFOX = '/usr/bin/firefox-esr';

const CHROMIUM_FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--use-fake-device-for-media-stream=fps=30',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--no-proxy-server',
    '--disable-quic',
];

const FIREFOX_PREFERENCES = {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.autoplay.default': 0,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.gmp-manager.updateEnabled': false,
    'app.update.enabled': false,
    'app.normandy.enabled': false,
    'browser.safebrowsing.malware.enabled': false,
    'datareporting.healthreport.uploadEnabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'toolkit.telemetry.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
};

/** One tab. */
class Tab {
    constructor(page) {
        this.page = page;
    }

    /** Runs a function in the page; `argument` and the result are JSON. */
    evaluate(fn, argument) {
        return within(60000, 'a call into the page', this.page.evaluate(fn, argument));
    }

    /** Waits in the page until the function gives something truthy, and gives that. */
    waitFor(ms, what, fn, argument) {
        const inPage = async ({ source, argument, ms, what }) => {
            const probe = (0, eval)(`(${source})`);
            const end = Date.now() + ms;
            for (;;) {
                const value = await probe(argument);
                if (value) return value;
                if (Date.now() > end) throw new Error(`${what}: not in ${ms} ms`);
                await new Promise((next) => setTimeout(next, 50));
            }
        };
        const call = this.page.evaluate(inPage, { source: fn.toString(), argument, ms, what });
        return within(ms + 10000, what, call);
    }

    screenshot(path) {
        return this.page.screenshot({ path });
    }

    close() {
        return this.page.close();
    }
}

class Browser {
    constructor(kind, driver, pid, newPage) {
        this.kind = kind;
        this.driver = driver;
        this.pid = pid;
        this.newPage = newPage;
    }

    /** A tab at the address. */
    async open(url, { width = 1280, height = 720, mobile = false } = {}) {
        const page = await this.newPage({ width, height, mobile });
        const tab = new Tab(page);
        tab.log = [];
        page.on('console', (message) => tab.log.push(message.text()));
        page.on('pageerror', (error) => tab.log.push(`error: ${error.message}`));
        await page.goto(url, { waitUntil: 'load', timeout: 30000 });
        return tab;
    }

    /** A tab with the functions of peer.js, on a secure origin that is not the server's. */
    async peer() {
        const tab = await this.open(await plainOrigin());
        await tab.evaluate((source) => (0, eval)(source), peerScript);
        return tab;
    }

    /** As a crash or a dead battery would: nothing is said to anybody. */
    async kill() {
        this.killed = true;
        process.kill(-this.pid, 'SIGKILL');
    }

    async close() {
        if (this.killed) return;
        await within(20000, `closing ${this.kind}`, this.driver.close()).catch(() => this.kill());
    }
}

const peerScript = readFileSync(new URL('peer.js', import.meta.url), 'utf8');
let origin;

// An empty page on localhost, which browsers take for a secure origin.
function plainOrigin() {
    origin ??= new Promise((resolve) => {
        const server = createServer((request, response) => {
            response.setHeader('Content-Type', 'text/html');
            response.end('<!doctype html><title>peer</title><body></body>');
        });
        server.unref();
        server.listen(0, '127.0.0.1', () => resolve(`http://localhost:${server.address().port}/`));
    });
    return origin;
}

async function openChromium({ flags = [], headless = true }) {
    const { chromium } = await import('playwright-core');
    const server = await chromium.launchServer({
        executablePath: CHROMIUM,
        headless,
        args: [...CHROMIUM_FLAGS, ...flags],
    });
    const driver = await chromium.connect(server.wsEndpoint());
    const newPage = async ({ width, height, mobile }) => {
        const context = await driver.newContext({
            viewport: { width, height },
            isMobile: mobile,
            hasTouch: mobile,
            permissions: ['camera', 'microphone'],
        });
        return context.newPage();
    };
    return new Browser('chromium', server, server.process().pid, newPage);
}

async function openFirefox({ preferences = {}, headless = true }) {
    const puppeteer = await import('puppeteer-core');
    const driver = await puppeteer.launch({
        browser: 'firefox',
        executablePath: FIREFOX,
        headless,
        extraPrefsFirefox: { ...FIREFOX_PREFERENCES, ...preferences },
        protocolTimeout: 90000,
    });
    const newPage = async ({ width, height }) => {
        const page = await driver.newPage();
        await page.setViewport({ width, height });
        return page;
    };
    return new Browser('firefox', driver, driver.process().pid, newPage);
}

/** The reason why this browser can't run here, or undefined. */
export function missingBrowser(kind) {
    const path = kind === 'firefox' ? FIREFOX : CHROMIUM;
    return existsSync(path) ? undefined : `package ${kind === 'firefox' ? 'firefox-esr' : kind}`;
}

export function openBrowser(kind, options = {}) {
    const open = kind === 'firefox' ? openFirefox : openChromium;
    return within(60000, `starting ${kind}`, open(options));
}
