// What a source costs that is paid by the post, and what came of its gaps: on the Health page.
//   HB_X_URL  a program that listens to the stand-in for X
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, openBrowser, openPage, openTarget, sleep } from './lib.mjs';

let browser, target;
before(async () => { target = await openTarget(); browser = await openBrowser(); });
after(async () => { await browser?.close(); target?.stop(); });

async function withPage(base, use) {
  const p = await openPage(browser, base);
  try { await use(p.page, p); assert.deepEqual(await p.violations(), []); } finally { await p.close(); }
}
/// Health over a status that says more than this program does. Its live stream would tell the true one.
async function told(page, more) {
  await page.route('**/api/v1/live?*', (route) => route.fulfill({ contentType: 'text/event-stream', body: ': nothing\n\n' }));
  await page.route('**/api/v1/status', async (route) => { const answer = await route.fetch({ maxRetries: 3 }); const json = await answer.json(); await route.fulfill({ response: answer, json: { ...json, ...more(json) } }); });
}

test('the meter shows posts, their share of the month, money and the forecast', async () => {
  await withPage(target.url, async (page, p) => {
    await told(page, (status) => ({ sources: [...status.sources, { name: 'x_stream:x', kind: 'x_stream', title: 'X', state: 'running', posts: 5, duplicates: 0, dead_letters: 0, redactions: 0, rate: 1, live: true, watermark: null, last_post: null,
      detail: 'listening', meter: { today: 1234, month: 2_400_000, cost: 12_000, cap: 3_000_000, month_end: '2026-12-01T00:00:00.000Z', forecast: 3_600_000, rules: [{ task: '<b>cats</b>', month: 2_000_000, forecast: 3_000_000 }, { task: 'dogs', month: 9, forecast: 12 }], network: { month: 2_300_000, cap: 2_900_000 }, budget: '<i>cats</i> to 25 %' } }] }));
    await p.goto('/health');
    const meter = page.getByRole('region', { name: 'Meter' });
    await meter.waitFor();
    const text = await meter.innerText();
    for (const part of ['2,400,000 posts read this month', '1,234 of them today', '$12,000.00', '80 % of 3,000,000 a month', 'About 3,600,000 by 1 Dec 2026, of them <b>cats</b> 3,000,000, dogs 12', 'X counts 2,300,000 of 2,900,000', '<i>cats</i> to 25 %']) assert.ok(text.replaceAll('\u202f', ' ').replace(/80\s?%/, '80 %').includes(part), `${part} in ${text}`);
    await meter.getByRole('link', { name: 'Tasks' }).click();
    await page.getByRole('dialog').waitFor();
  });
});

test('a gap says how much of it came after all', async () => {
  await withPage(target.url, async (page, p) => {
    const gap = (minute, more) => ({ source: 'x_search:backfill:ferries', from: `2026-11-14T10:0${minute}:00.000Z`, to: `2026-11-14T10:0${minute + 1}:00.000Z`, cause: 'cause', refilled: false, refilled_share: 0, ...more });
    await told(page, () => ({ gaps: [gap(0, {}), gap(2, { refilled_share: 0.25 }), gap(4, { refilled: true, refilled_share: 1 })] }));
    await p.goto('/health');
    const rows = page.getByRole('region', { name: 'Gaps' }).locator('li');
    await rows.nth(2).waitFor();
    const texts = await rows.allInnerTexts();
    for (const text of texts) assert.match(text, /Backfill of ferries/);
    assert.match(texts[0], /not refilled/);
    assert.match(texts[1], /25\s?% of it is there/);
    assert.match(texts[2], /▲ refilled/);
  });
});

test('without such a source there is no meter', async () => {
  await withPage(target.url, async (page, p) => {
    await p.goto('/health');
    await page.getByRole('region', { name: 'Gaps' }).waitFor();
    assert.equal(await page.getByRole('region', { name: 'Meter' }).count(), 0);
  });
});

test('a stream of X is metered from its first post', async (t) => {
  const base = process.env.HB_X_URL;
  if (!base) return t.skip('HB_X_URL names no program that listens to X');
  for (let i = 0; i < 300 && (await api(base, 'status')).posts_total === 0; i++) await sleep(200);
  await withPage(base, async (page, p) => {
    await p.goto('/health');
    const meter = page.getByRole('region', { name: 'Meter' });
    await meter.waitFor();
    await page.waitForFunction(() => /[1-9][\d,]* posts? read this month/.test(document.querySelector('[aria-label=Meter]')?.innerText ?? ''));
    assert.match(await meter.innerText(), /at most \$\d/);
  });
});
