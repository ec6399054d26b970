// Bundles every src/**/*.test.ts for node (Debian 12's node 18 reads no TypeScript) and runs them with node's test runner.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const tests = [];
async function walk(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) await walk(full);
    else if (entry.name.endsWith('.test.ts')) tests.push(full);
  }
}
await walk(path.join(root, 'src'));
if (tests.length === 0) { console.error('no tests were found'); process.exit(1); }
const out = await mkdtemp(path.join(os.tmpdir(), 'heartbeat-web-'));
await build({ entryPoints: tests, outdir: out, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm', target: 'node18', entryNames: '[name]', logLevel: 'warning' });
const files = (await readdir(out)).filter((f) => f.endsWith('.mjs')).map((f) => path.join(out, f));
const { status } = spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit', env: { ...process.env, TZ: 'Europe/Berlin' } });
await rm(out, { recursive: true, force: true });
process.exit(status ?? 1);
