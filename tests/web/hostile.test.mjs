// Posts are text. Whatever they hold, nothing of it runs, loads, links where it should not, or breaks the page.
// Against the program: replay tests/web/hostile.csv (HB_HOSTILE_URL says where); otherwise the stand-in shows the same rows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, openBrowser, openPage, startFake } from './lib.mjs';

let browser, target;
before(async () => {
  target = process.env.HB_HOSTILE_URL ? { url: process.env.HB_HOSTILE_URL.replace(/\/$/, ''), stop: () => {} } : process.env.HB_URL ? null : await startFake('--hours', '1');
  browser = await openBrowser();
});
after(async () => { await browser?.close(); target?.stop(); });

const kRows = ['hostileone', 'hostiletwo', 'hostilethree', 'hostilefour', 'hostilefive', 'hostilesix', 'hostileseven', 'hostileeight'];

async function inert(page, p) {
  assert.equal(await page.evaluate(() => window.__pwned), undefined);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('#app script, #app img, #app iframe, #app svg:not(.mark), #app b b, .said b, .said i, .said script')].map((e) => e.outerHTML.slice(0, 80))), []);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((a) => a.protocol).filter((x) => x !== 'http:' && x !== 'https:')), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the screen');
  assert.deepEqual(await p.violations(), []);
}

for (const width of [1440, 390]) {
  test(`hostile posts are shown as they were written, ${width} px`, async (t) => {
    if (!target) return t.skip('the program under test does not replay tests/web/hostile.csv (set HB_HOSTILE_URL)');
    const p = await openPage(browser, target.url, { width });
    try {
      for (const word of kRows) {
        await t.test(word, async () => {
          const { posts } = await api(target.url, `posts?q=${word}`);
          assert.equal(posts.length, 1, `${word} is not in the stream`);
          await p.goto(`/posts?q=${word}&range=all`);
          const card = p.page.locator('article[data-id]').first();
          await card.waitFor();
          if (await card.locator('.linklike').count()) await card.locator('.linklike').first().click();
          await card.locator('.post-open').click();
          const shown = (await card.locator('.said').first().textContent()).replace(/\s+/g, ' ').trim();
          const link = /https?:\/\/\S{60,}/;
          if (!link.test(posts[0].content)) assert.equal(shown.replace(/https?:\/\//g, ''), posts[0].content.replace(/https?:\/\//g, '').replace(/\s+/g, ' ').trim());
          await p.page.mouse.move(200, 400);
          await inert(p.page, p);
        });
      }
      await t.test('right-to-left text runs from right to left', async () => {
        await p.goto('/posts?q=hostilefive&range=all');
        const said = p.page.locator('article .said').first();
        await said.waitFor();
        assert.equal(await said.evaluate((e) => getComputedStyle(e).direction), 'rtl');
      });
    } finally { await p.close(); }
  });
}

test('hostile names in the address are text, too', async (t) => {
  if (!target) return t.skip('no stream with hostile posts');
  const p = await openPage(browser, target.url);
  try {
    for (const address of ['/tag/%3Cimg%20src%3Dx%20onerror%3D%22window.__pwned%3D7%22%3E', '/task/%3Cscript%3Ewindow.__pwned%3D8%3C%2Fscript%3E', '/posts?q=%3Cb%3Ex%3C%2Fb%3E&hashtag=%22%3E%3Cscript%3E', '/posts?entity=person%3A%3Cimg%20src%3Dx%20onerror%3D%22window.__pwned%3D11%22%3E&emotion=%3Cb%3E', '/task/x?names=%3Cimg%20src%3Dx%3E', '/?from=%3Cb%3E&to=x&range=%22', '/tag/%E0%A4%A', '/try?text=%3Cimg%20src%3Dx%20onerror%3D%22window.__pwned%3D9%22%3E', '/?tasks=%3Cb%3Ex']) {
      await p.goto(address);
      await p.page.waitForFunction(() => !document.querySelector('.skeleton'));
      p.faults.splice(0, p.faults.length, ...p.faults.filter((f) => !/status of (400|404)/.test(f))); // The server may refuse such a name.
      await inert(p.page, p);
    }
  } finally { await p.close(); }
});
