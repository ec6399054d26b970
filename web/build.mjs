// Bundles src/ into dist/: index.html, favicon.svg and assets/ with hashed names. The same input
// gives the same bytes, so that the program that embeds dist/ is reproducible.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile, copyFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, 'dist');
const kBudgetBytes = 250_000; // All of dist/, compressed; woff2 counts as it is.

await rm(dist, { recursive: true, force: true });
await mkdir(path.join(dist, 'assets'), { recursive: true });

const result = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.tsx', style: 'src/styles/index.css' },
  outdir: 'dist/assets',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022', 'chrome111', 'firefox121', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  loader: { '.woff2': 'file' },
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  logLevel: 'warning',
});

const outputs = Object.keys(result.metafile.outputs).map((f) => path.relative('dist', f));
const asset = (pattern) => {
  const found = outputs.filter((f) => pattern.test(f));
  if (found.length !== 1) throw new Error(`${found.length} outputs match ${pattern}, need 1`);
  return '/' + found[0];
};
const fonts = outputs.filter((f) => f.endsWith('.woff2')).sort();
const html = (await readFile(path.join(here, 'src/index.html'), 'utf8'))
  .replace('%SCRIPT%', asset(/app-\w+\.js$/))
  .replace('%STYLE%', asset(/style-\w+\.css$/))
  .replace('%FONTS%', fonts.map((f) => `<link rel="preload" href="/${f}" as="font" type="font/woff2" crossorigin>`).join('\n  '));
await writeFile(path.join(dist, 'index.html'), html);
await copyFile(path.join(here, 'src/favicon.svg'), path.join(dist, 'favicon.svg'));

let total = 0;
const digest = createHash('sha256');
for (const name of ['index.html', 'favicon.svg', ...(await readdir(path.join(dist, 'assets'))).sort().map((f) => 'assets/' + f)]) {
  const bytes = await readFile(path.join(dist, name));
  const packed = name.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length;
  digest.update(name).update(bytes);
  total += packed;
  console.log(`${String(packed).padStart(8)} B  ${name}`);
}
console.log(`${String(total).padStart(8)} B  compressed, of ${kBudgetBytes}; sha256 ${digest.digest('hex').slice(0, 16)}`);
if (total > kBudgetBytes) {
  console.error(`the dashboard is ${total - kBudgetBytes} bytes over its budget`);
  process.exit(1);
}
