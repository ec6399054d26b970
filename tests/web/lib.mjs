// What the browser tests share: one Chromium, one dashboard, and a page that notices everything it must not do.
//
//   HB_URL       where the dashboard is (a running `heartbeat up`); without it the stand-in of web/dev is started
//   HB_CHROMIUM  which browser, default /usr/bin/chromium
import { chromium } from 'playwright-core';
import { spawn } from 'node:child_process';
import { createServer, connect } from 'node:net';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const kFake = !process.env.HB_URL;
export const kExecutable = process.env.HB_CHROMIUM ?? '/usr/bin/chromium';

/// Starts web/dev/fake_server.mjs on a free port.
export async function startFake(...args) {
  if (!existsSync(path.join(here, '../../web/dist/index.html'))) throw new Error('web/dist is missing: run npm ci && npm run build in web/');
  const port = await freePort();
  const child = spawn(process.execPath, [path.join(here, '../../web/dev/fake_server.mjs'), '--port', String(port), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready, failed) => { child.stdout.once('data', ready); child.once('exit', (code) => failed(new Error(`the stand-in ended with ${code}`))); });
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') };
}
export function freePort() {
  return new Promise((done) => { const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => done(port)); }); });
}

/// The dashboard under test.
export async function openTarget() {
  if (!kFake) return { url: process.env.HB_URL.replace(/\/$/, ''), stop: () => {} };
  return startFake('--hours', '25', '--rate', '2');
}
export async function openBrowser() {
  return chromium.launch({ executablePath: kExecutable, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
}

/// A page, and the list of things that went wrong on it. `missing`: its address is none of ours.
export async function openPage(browser, base, { width = 1440, height = 900, scheme = 'light', motion = 'reduce', token, missing = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: motion, timezoneId: 'UTC', acceptDownloads: true });
  context.setDefaultTimeout(120_000); // Other work may hold this machine up; what never comes still fails.
  const page = await context.newPage();
  const faults = [];
  // The browser itself notes that a document came with 404, as the page that is not there should.
  const expected = (m) => missing && m.text().includes('status of 404') && m.location().url === page.url();
  page.on('console', (m) => { if (expected(m)) return; if (m.type() === 'error' || m.type() === 'warning') faults.push(`console ${m.type()}: ${m.text()}`); });
  page.on('pageerror', (e) => faults.push(`error: ${e.message}`));
  page.on('dialog', (d) => { faults.push(`dialog: ${d.message()}`); void d.dismiss(); });
  page.on('request', (r) => { const u = new URL(r.url()); if (u.origin !== new URL(base).origin && u.protocol !== 'blob:') faults.push(`request to another host: ${r.url()}`); });
  await page.addInitScript(() => {
    window.__csp = [];
    document.addEventListener('securitypolicyviolation', (e) => window.__csp.push(`${e.violatedDirective} ${e.blockedURI}`));
    window.__shift = 0;
    new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput && !e.sources.every((s) => s.node?.nodeType !== 1 || s.node.closest('.feed,.post-list'))) { window.__shift += e.value; (window.__shifted ??= []).push(...e.sources.map((s) => s.node?.className ?? '')); } }).observe({ type: 'layout-shift', buffered: true });
  });
  return {
    page, faults,
    close: () => context.close(),
    goto: async (address) => {
      await page.goto(base + address);
      await page.waitForSelector('main h1, main.embed figure, main.embed section, .wall h1');
    },
    violations: async () => [...faults, ...(await page.evaluate(() => window.__csp)).map((v) => `policy: ${v}`)],
  };
}

export const api = async (base, address, init) => {
  const response = await fetch(`${base}/api/v1/${address}`, init);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.status === 204 ? undefined : response.json();
};
/// A moment with posts: where the tests look. Waits for a stream that has just begun.
export async function busyWindow(base) {
  for (let i = 0; i < 60; i++) {
    const { now, mode } = await api(base, 'status');
    const series = await api(base, `series?task=*&size=1m&from=${new Date(Date.parse(now) - 86_400_000).toISOString()}`);
    // Not the newest of a moving stream: it may still grow under the test.
    const closed = mode === 'done' ? series.windows : series.windows.slice(0, -2);
    // Neither empty nor so full that walking through its posts takes minutes.
    const far = (w) => Math.abs(Math.log(w.posts / 40));
    const best = closed.filter((w) => w.posts > 2).reduce((a, b) => (!a || far(b) < far(a) ? b : a), undefined);
    if (best) return { from: Date.parse(best.start), to: Date.parse(best.start) + series.size_ms, row: best };
    await new Promise((r) => setTimeout(r, 1000));
  }
  throw new Error('the stream has no minute with three posts or more');
}
export async function anyTask(base) {
  const { tasks } = await api(base, 'tasks');
  return tasks[0]?.tag ?? '*';
}

/// A door between browser and dashboard that can be shut: for lost connections. Keeps the heads of the requests.
export async function openDoor(base) {
  const target = new URL(base);
  const sockets = new Set();
  const heads = [];
  let shut = false;
  let refused = 0;
  const server = createServer((client) => {
    if (shut) { refused++; client.destroy(); return; }
    const upstream = connect(Number(target.port || 80), target.hostname);
    for (const s of [client, upstream]) { sockets.add(s); s.on('close', () => sockets.delete(s)); s.on('error', () => {}); }
    client.on('data', (d) => { const text = d.toString('latin1'); if (/^(GET|POST|PUT|DELETE) /.test(text)) heads.push(text.split('\r\n\r\n')[0].replace(/\r\nHost: [^\r]*/i, '')); upstream.write(d); });
    upstream.on('data', (d) => client.write(d));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  return {
    url: `http://127.0.0.1:${server.address().port}`, heads,
    refused: () => refused,
    shut: () => { shut = true; for (const s of sockets) s.destroy(); },
    open: () => { shut = false; },
    close: () => { for (const s of sockets) s.destroy(); server.close(); },
  };
}
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
