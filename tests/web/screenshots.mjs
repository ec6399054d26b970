// Takes the pictures of the dashboard that people look at: node screenshots.mjs OUT [page ...]
// HB_URL says where the dashboard is. Names: PAGE-light-1440.png and so on.
import { chromium } from 'playwright-core';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

const base = process.env.HB_URL ?? 'http://127.0.0.1:8099';
const [out = 'shots', ...only] = process.argv.slice(2);
// The liveliest task and hashtag there are, so that the pictures show something.
const ask = async (what, fallback) => { try { return (await (await fetch(`${base}/api/v1/${what}`)).json()) ?? fallback; } catch { return fallback; } };
const tasks = [...((await ask('tasks', {})).tasks ?? [])].sort((a, b) => (b.posts_24h ?? 0) - (a.posts_24h ?? 0));
const task = encodeURIComponent(process.env.HB_TASK ?? tasks[0]?.tag ?? 'none');
const trends = (await ask('trending?scope=all&kind=hashtag&limit=5', {})).trends ?? [];
const tag = encodeURIComponent(process.env.HB_TAG ?? trends[0]?.key ?? 'none');
const topics = (await ask('summary?task=*', {})).topics ?? [];
const topic = encodeURIComponent(process.env.HB_TOPIC ?? topics[0]?.key ?? 'none');
const kPages = {
  pulse: '/', task: `/task/${task}`, tag: `/tag/${tag}`, topic: `/topic/${topic}`, trends: '/trends', posts: '/posts', log: '/log', sql: '/sql?query=' + encodeURIComponent('SELECT lang, count(*) AS posts, round(avg(polarity), 3) AS avg_polarity\nFROM posts\nGROUP BY lang\nORDER BY posts DESC\nLIMIT 12'), try: '/try?text=' + encodeURIComponent('Loved the beautiful ferry, hated the miserable queue. Thank you #harbour'), health: '/health', wall: '/?wall=1', embed: `/task/${task}?embed=1`, tasks: `/?tasks=${task}`,
};
const kKinds = (process.env.HB_SHOTS ?? 'light-1440,dark-1440,light-390').split(',');
await mkdir(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.HB_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
try {
  for (const kind of kKinds) {
    const [scheme, width] = kind.split('-');
    const context = await browser.newContext({ viewport: { width: Number(width), height: Number(process.env.HB_HEIGHT ?? (Number(width) > 3000 ? 2160 : Number(width) > 600 ? 900 : 844)) }, colorScheme: scheme, reducedMotion: 'reduce' });
    for (const [name, address] of Object.entries(kPages)) {
      if (only.length && !only.includes(name)) continue;
      const page = await context.newPage();
      page.on('console', (m) => console.log(name, m.type(), m.text()));
      page.on('pageerror', (e) => console.log(name, 'ERROR', e.stack));
      await page.goto(base + address);
      await page.waitForTimeout(Number(process.env.HB_WAIT ?? 3500));
      await page.screenshot({ path: path.join(out, `${name}-${kind}.png`), fullPage: process.env.HB_FULL === '1' });
      await page.close();
    }
    await context.close();
  }
} finally {
  await browser.close();
}
