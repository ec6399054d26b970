// Dead letters: tried again as they are, with another column, mended; and what became of each is said on its row.
// Against the program: replay tests/web/letters.csv (HB_LETTERS_URL says where); otherwise the stand-in has letters of its own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, openBrowser, openPage, sleep, startFake } from './lib.mjs';

let browser, target, real;
before(async () => {
  real = Boolean(process.env.HB_LETTERS_URL);
  target = real ? { url: process.env.HB_LETTERS_URL.replace(/\/$/, ''), stop: () => {} } : process.env.HB_URL ? null : await startFake('--hours', '1');
  browser = await openBrowser();
});
after(async () => { await browser?.close(); target?.stop(); });

test('a dead letter is replayed, with another column, or mended, and its row says what became of it', async (t) => {
  if (!target) return t.skip('the program under test does not replay tests/web/letters.csv (set HB_LETTERS_URL)');
  const p = await openPage(browser, target.url, { width: 1400 });
  const { page } = p;
  try {
    await p.goto('/log?view=dead');
    await page.waitForSelector('.letter');
    const row = (text) => page.locator('.letter', { hasText: text });
    const state = async (text, wanted) => { await row(text).locator('.letter-state', { hasText: wanted }).waitFor(); };
    const names = real ? ['letterhopeless', 'lettermended', 'lettermapped'] : ['au lait', 'cut off', 'yesterday-ish'];
    assert.equal(await page.locator('.letter').count(), 3);
    assert.match(await page.locator('.posts-status').innerText(), /Waiting 3[\s\S]*Used 0/);

    await t.test('one that is as bad as before stays, with the number of its tries', async () => {
      await row(names[0]).getByRole('button', { name: 'Replay', exact: true }).click();
      await state(names[0], /Failed again, try 1/);
      assert.match(await page.locator('.letters-said').innerText(), /1 letter replayed: 0 used, 1 failed again\./);
      assert.equal(await page.locator('.letter').count(), 3);
    });
    await t.test('another column is named', async () => {
      const name = real ? 'lettermapped' : 'yesterday-ish';
      await row(name).getByRole('button', { name: /Mend/ }).click();
      const editor = page.locator('.letter-editor');
      assert.match(await editor.innerText(), /id,created_at,posted_at,text/);
      await editor.getByLabel('Which column is what').fill('time=nothing_like_it');
      await editor.getByRole('button', { name: 'Replay' }).click();
      await row(name).locator('.letter-state', { hasText: /Failed again|Not replayed/ }).waitFor();
      await row(name).getByRole('button', { name: /Mend/ }).click();
      await editor.getByLabel('Which column is what').fill('time=posted_at');
      await editor.getByRole('button', { name: 'Replay' }).click();
      await state(name, /Used: it is a post now/);
      assert.equal(await page.locator('.letter').count(), 3, 'it stays where it was while somebody looks at it');
      assert.ok(await row(name).getByRole('button', { name: 'Replay', exact: true }).isDisabled());
    });
    await t.test('the row is mended', async () => {
      const name = real ? 'lettermended' : 'cut off';
      await row(name).getByRole('button', { name: /Mend/ }).click();
      const text = page.locator('.letter-editor textarea');
      assert.ok((await text.inputValue()).includes(name));
      assert.ok(await text.evaluate((e) => e === document.activeElement));
      await text.fill(real ? '9103,2026-03-02T09:00:30Z,,lettermended by hand' : '{"data":{"id":"1","text":"cut off, now whole"}}');
      await page.locator('.letter-editor').getByRole('button', { name: 'Replay' }).click();
      await page.locator('.letter-used .letter-state', { hasText: /Used/ }).nth(1).waitFor();
    });
    await t.test('used letters are listed, and their posts are there', async () => {
      await page.getByRole('button', { name: /^Used/ }).click();
      await page.waitForFunction(() => document.querySelectorAll('.letter-used').length === 2);
      await page.locator('.posts-status', { hasText: /Used 2/ }).waitFor(); // The count is asked for anew.
      assert.match(page.url(), /state=replayed/);
      if (real) for (const word of ['lettermapped', 'lettermended']) while ((await api(target.url, `posts?q=${word}`)).posts.length !== 1) await sleep(50); // Analysis comes after.
      await page.getByRole('button', { name: /^Waiting/ }).click();
      await page.waitForFunction(() => document.querySelectorAll('.letter').length === 1);
      await page.locator('.letter-state', { hasText: /Failed again, tried 1 time/ }).waitFor();
    });
    await t.test('keys alone do it, Escape leaves the row as it is', async () => {
      await page.locator('.letter').getByRole('button', { name: /Mend/ }).focus();
      await page.keyboard.press('Enter');
      await page.locator('.letter-editor').waitFor();
      await page.keyboard.type(' ');
      await page.keyboard.press('Escape');
      await page.locator('.letter-editor').waitFor({ state: 'detached' });
    });
    p.faults.splice(0, p.faults.length, ...p.faults.filter((f) => !/status of 4\d\d/.test(f))); // A map that is wrong is refused.
    assert.deepEqual(await p.violations(), []);
  } finally { await p.close(); }
});
