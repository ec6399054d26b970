// Runs the browser tests against the program: node tests/web/run.mjs path/to/heartbeat
// Starts it four times on free ports with fresh data folders (the demo stream; a replay of hostile posts; one of rows that cannot be used; the stand-in for X), runs every test file
// against them, and leaves nothing behind. Without an argument the tests run against the stand-in of web/dev.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, kExecutable, sleep } from './lib.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const program = process.argv[2];
if (!existsSync(kExecutable)) { console.error(`no browser at ${kExecutable}: apt-get install chromium, or set HB_CHROMIUM`); process.exit(1); }

const started = [];
async function start(...args) {
  const data = mkdtempSync(path.join(os.tmpdir(), 'heartbeat-web-'));
  const port = await freePort();
  const child = spawn(program, ['up', ...args, '--data', data, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, HEARTBEAT_OFFLINE: '1' } });
  started.push({ child, data });
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 150; i++) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    if (await fetch(`${url}/readyz`).then((r) => r.ok, () => false)) return url;
    await sleep(200);
  }
  throw new Error(`${program} is not ready after 30 s`);
}
/// One file after the other: two browsers at once would measure each other.
function run(files, env) {
  return files.map((f) => spawnSync(process.execPath, ['--test', path.join(here, f)], { stdio: 'inherit', env: { ...process.env, ...env } }).status === 0).every(Boolean);
}

const kAll = ['pages.test.mjs', 'behaviour.test.mjs', 'about.test.mjs', 'hostile.test.mjs', 'letters.test.mjs', 'meter.test.mjs'];
let good = false;
try {
  if (!program) good = run(kAll, {});
  else {
    const demo = await start('--source', 'demo');
    const hostile = await start('--replay', path.join(here, 'hostile.csv'), '--speed', 'max');
    const letters = await start('--replay', path.join(here, 'letters.csv'), '--speed', 'max');
    const x = await start('--source', 'x_stream', '--simulated');
    good = run(kAll, { HB_URL: demo, HB_HOSTILE_URL: hostile, HB_LETTERS_URL: letters, HB_X_URL: x });
    good = run(['pages.test.mjs'], { HB_URL: hostile, HB_BRIEF: '1' }) && good; // Every page once more, over a finished replay of hostile posts.
  }
} finally {
  for (const { child, data } of started) {
    child.kill('SIGTERM');
    for (let i = 0; i < 50 && child.exitCode === null && child.signalCode === null; i++) await sleep(100);
    child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
}
process.exit(good ? 0 : 1);
