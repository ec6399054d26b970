// How the dashboard behaves: it lives, holds still, zooms, leads down to the posts, and is usable by keys alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { anyTask, api, busyWindow, openBrowser, openDoor, openPage, openTarget, sleep, startFake } from './lib.mjs';

let browser, target, busy, task, mode;
before(async () => {
  target = await openTarget();
  browser = await openBrowser();
  busy = await busyWindow(target.url);
  task = await anyTask(target.url);
  mode = (await api(target.url, 'status')).mode;
});
after(async () => { await browser?.close(); target?.stop(); });

async function withPage(options, use, base = target.url) {
  const p = await openPage(browser, base, options);
  try { await use(p.page, p); assert.deepEqual(await p.violations(), []); } finally { await p.close(); }
}
const query = (page) => new URL(page.url()).searchParams;
const iso = (t) => new Date(t).toISOString();
/// Half an hour around a busy minute: the same picture at each run.
const around = () => `from=${iso(busy.from - 20 * 60_000)}&to=${iso(busy.from + 10 * 60_000)}`;
const chart = (page) => page.locator('.chart-body .u-over').first();
/// Where a moment lies in a chart.
async function placeOf(page, t) {
  await chart(page).scrollIntoViewIfNeeded();
  const box = await chart(page).boundingBox();
  const from = Date.parse(query(page).get('from'));
  const to = Date.parse(query(page).get('to'));
  return { x: box.x + ((t - from) / (to - from)) * box.width, y: box.y + box.height / 2 };
}
async function ready(page) {
  await page.waitForFunction(() => !document.querySelector('.skeleton') && document.querySelector('.chart-body canvas'), null);
}

/// Waits until the page has taken `n` more updates of the live stream; none come from a replay that is done.
async function beats(page, n) {
  if (mode === 'done') return;
  await page.evaluate(() => {
    window.__beats = 0;
    window.__counter ??= new MutationObserver((list) => { window.__beats += list.length; });
    window.__counter.observe(document.querySelector('.mark'), { attributes: true, attributeFilter: ['class'] });
  });
  await page.waitForFunction((wanted) => window.__beats >= wanted, n);
}

// The list of newest posts moves, as lists do; nothing around it may.
test('live updates arrive, at most four a second, without moving the layout', async (t) => {
  if (mode === 'done') return t.skip('a finished replay has no live updates');
  await withPage({}, async (page, p) => {
    await p.goto('/');
    await ready(page);
    await beats(page, 4);
    await page.mouse.move(5, 300);
    await page.evaluate(() => { window.__shift = 0; window.__shifted = []; window.__beats = 0; });
    const began = Date.now();
    await page.waitForFunction(() => window.__beats >= 8);
    await page.waitForTimeout(2000);
    const { count, shift, shifted } = await page.evaluate(() => ({ count: window.__beats, shift: window.__shift, shifted: window.__shifted }));
    const seconds = (Date.now() - began) / 1000;
    console.log(`${count} updates in ${seconds.toFixed(1)} s, layout shift ${shift.toFixed(4)}`);
    assert.ok(count <= 4 * seconds + 2, `${count} updates in ${seconds} s`);
    assert.ok(shift < 0.02, `layout shift ${shift}: ${shifted}`);
  });
});

test('new posts appear by themselves while live', async (t) => {
  if (mode === 'done') return t.skip('a finished replay has no new posts');
  await withPage({}, async (page, p) => {
    await p.goto('/posts');
    await page.waitForSelector('article[data-id]');
    const first = await page.locator('article[data-id]').first().getAttribute('data-id');
    await page.waitForFunction((id) => document.querySelector('article[data-id]')?.dataset.id !== id, first);
  });
});

test('space holds the picture and lets it go again', () => withPage({}, async (page, p) => {
  await p.goto('/');
  await ready(page);
  await page.keyboard.press('Space');
  await page.waitForFunction(() => new URLSearchParams(location.search).has('from'));
  assert.match(await page.locator('.live-button').innerText(), /Paused/);
  const held = await page.locator('.span-shown').innerText();
  await beats(page, 4); // Updates go on; the picture does not.
  assert.equal(await page.locator('.span-shown').innerText(), held);
  await page.keyboard.press('Space');
  await page.waitForFunction(() => !new URLSearchParams(location.search).has('from'));
  assert.doesNotMatch(await page.locator('.live-button').innerText(), /Paused/);
}));

test('a brush zooms, whole windows only, and the back button returns', () => withPage({}, async (page, p) => {
  await p.goto(`/?${around()}`);
  await ready(page);
  const before = query(page);
  const a = await placeOf(page, busy.from - 6 * 60_000 + 20_000);
  const b = await placeOf(page, busy.from + 5 * 60_000 - 20_000);
  await page.mouse.move(a.x, a.y);
  await page.mouse.down();
  await page.mouse.move((a.x + b.x) / 2, a.y, { steps: 4 });
  await page.mouse.move(b.x, b.y, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction((old) => new URLSearchParams(location.search).get('from') !== old, before.get('from'));
  assert.equal(Date.parse(query(page).get('from')), busy.from - 6 * 60_000);
  assert.equal(Date.parse(query(page).get('to')), busy.from + 5 * 60_000);
  await page.goBack();
  await page.waitForFunction((old) => new URLSearchParams(location.search).get('from') === old, before.get('from'));
}));

test('a click in the chart leads to exactly the posts of that window', () => withPage({}, async (page, p) => {
  await p.goto(`/?${around()}`);
  await ready(page);
  const at = await placeOf(page, busy.from + 30_000);
  await page.mouse.move(at.x, at.y);
  await page.waitForSelector('.readout');
  const told = Number(/([\d,]+) posts/.exec(await page.locator('.readout').innerText())[1].replace(/,/g, ''));
  await page.mouse.click(at.x, at.y);
  await page.waitForURL(/\/posts\?/);
  assert.equal(Date.parse(query(page).get('from')), busy.from);
  assert.equal(Date.parse(query(page).get('to')), busy.to);
  await page.waitForFunction(() => document.querySelector('article[data-id]'));
  while (await page.locator('.more button').count()) { const n = await page.locator('article[data-id]').count(); await page.locator('.more button').click(); await page.waitForFunction((old) => document.querySelectorAll('article[data-id]').length > old || !document.querySelector('.more button'), n); }
  assert.equal(await page.locator('article[data-id]').count(), told);
  assert.equal(told, busy.row.posts);
}));

test('a share leads to the posts with that label, and only to them', () => withPage({}, async (page, p) => {
  await p.goto(`/task/${encodeURIComponent(task)}?range=24h`);
  await page.waitForSelector('.figures .share-list a');
  const link = page.locator('.figures .share-list a').filter({ hasNotText: /\b0%/ }).first();
  await link.click();
  await page.waitForURL(/label4=/);
  const label = query(page).get('label4');
  assert.equal(query(page).get('task') ?? '*', task);
  await page.waitForSelector('article[data-id]');
  const labels = await page.locator('article[data-id] .post-label').allTextContents();
  assert.ok(labels.length > 0);
  for (const text of labels) assert.ok(text.includes(label), text);
}));

test('every figure on Pulse and on a task page is a link or stands in a table of links', () => withPage({}, async (page, p) => {
  for (const address of ['/', `/task/${encodeURIComponent(task)}?range=24h`]) {
    await p.goto(address);
    await ready(page);
    const bare = await page.evaluate(() => [...document.querySelectorAll('main .big, main .figure b, main .share-list b, main .rank-count, main .cell-posts a')].filter((e) => !e.closest('a') && e.textContent.trim() !== '–' && !/^0%$/.test(e.textContent)).map((e) => e.outerHTML));
    assert.deepEqual(bare, []);
  }
}));

test('range and task stay in the address over pages', () => withPage({}, async (page, p) => {
  await p.goto('/?range=6h');
  await page.locator('#task-choice').selectOption(task);
  await page.locator('nav a', { hasText: 'Posts' }).click();
  await page.waitForURL(/\/posts/);
  assert.equal(query(page).get('range'), '6h');
  assert.equal(query(page).get('task') ?? '*', task);
  await page.locator('nav a', { hasText: 'Trends' }).click();
  assert.equal(query(page).get('range'), '6h');
  await page.goBack();
  await page.waitForURL(/\/posts/);
}));

test('the chart can be walked, zoomed and opened by keys', () => withPage({}, async (page, p) => {
  await p.goto(`/?${around()}`);
  await ready(page);
  await page.locator('.chart-body').first().focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.locator('.readout').innerText(), /posts/);
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  const from = query(page).get('from');
  await page.keyboard.press('Enter');
  await page.waitForFunction((old) => new URLSearchParams(location.search).get('from') !== old, from);
  assert.equal(Date.parse(query(page).get('to')) - Date.parse(query(page).get('from')), 3 * 60_000);
  await p.goto(`/?${around()}`);
  await ready(page);
  await page.locator('.chart-body').first().focus();
  await page.keyboard.press('Home');
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
  assert.match(await page.locator('.readout').innerText(), new RegExp(`(^|\\s)${busy.row.posts.toLocaleString('en-US')} posts`));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/posts\?/);
  assert.equal(Date.parse(query(page).get('from')), busy.from);
}));

test('everything is reached by Tab, and what has the focus shows it', () => withPage({}, async (page, p) => {
  await p.goto('/');
  await ready(page);
  await page.keyboard.press('Space');
  const seen = new Set();
  let hidden = 0;
  for (let i = 0; i < 90; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const s = getComputedStyle(e);
      const box = e.getBoundingClientRect();
      return { what: e.className || e.id || e.textContent.trim().slice(0, 20), outlined: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2, visible: box.width > 0 && box.height > 0 };
    });
    if (!at) break;
    seen.add(at.what);
    if (!at.outlined || !at.visible) { hidden++; console.log('no visible focus:', at); }
  }
  assert.equal(hidden, 0);
  for (const must of ['skip', 'task-choice', 'chart-body', 'tool']) assert.ok([...seen].some((s) => s.includes(must)), `${must} was not reached; reached ${[...seen].join(', ')}`);
}));

test('keys: help, places, search, theme; and they can be switched off', () => withPage({}, async (page, p) => {
  await p.goto('/');
  await page.keyboard.press('?');
  await page.waitForSelector('dialog[open]');
  assert.match(await page.locator('dialog').innerText(), /pause/);
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await page.waitForURL(/\/health/);
  await page.keyboard.press('/');
  await page.waitForURL(/\/posts/);
  await page.waitForFunction(() => document.activeElement?.id === 'search');
  await page.keyboard.type('g h d');
  assert.match(page.url(), /\/posts/);
  assert.equal(await page.locator('#search').inputValue(), 'g h d');
  await page.keyboard.press('Escape');
  await page.keyboard.press('d');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await page.keyboard.press('?');
  await page.locator('dialog input[type=checkbox]').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('d');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
}));

test('a chart has its figures in a table that leads to the posts', () => withPage({}, async (page, p) => {
  await p.goto(`/?${around()}`);
  await ready(page);
  await page.locator('.tool', { hasText: 'Table' }).click();
  const rows = await page.locator('.chart tbody tr').count();
  assert.ok(rows > 0);
  const sum = (await page.locator('.chart tbody tr td:nth-child(2)').allInnerTexts()).reduce((n, t) => n + Number(t.replace(/,/g, '')), 0);
  const series = await api(target.url, `series?task=*&size=1m&from=${iso(busy.from - 20 * 60_000)}&to=${iso(busy.from + 10 * 60_000)}`);
  assert.equal(sum, series.windows.reduce((n, w) => n + w.posts, 0));
  await page.locator('.chart tbody tr td a').first().click();
  await page.waitForURL(/\/posts/);
}));

test('a source is called by its name, not by the identity that the log knows it by', () => withPage({}, async (page, p) => {
  const { sources } = await api(target.url, 'status');
  assert.ok(sources[0].title && sources[0].title !== sources[0].kind, sources[0].title);
  for (const address of ['/', '/health']) {
    await p.goto(address);
    await page.getByText(sources[0].title, { exact: true }).first().waitFor();
    assert.ok(!(await page.locator('main').innerText()).includes(sources[0].name));
  }
}));

test('copies are called the same and explained alike on Trends and on a hashtag', () => withPage({}, async (page, p) => {
  const tag = (await api(target.url, 'summary?task=*')).hashtags[0].key;
  const trend = { key: tag, kind: 'hashtag', scope: 'all', count: 40, baseline: 2, score: 20, authors: 12, duplicate_share: 0.25, languages: ['en'], examples: [], time: iso(busy.to), since: iso(busy.from), spark: [1, 2, 3], reason: '40 in 15 min, usually 2, by 12 authors' };
  await page.route('**/api/v1/trending?*', (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify({ time: iso(busy.to), trends: [trend] }) }));
  await p.goto('/trends');
  const head = page.locator('th abbr', { hasText: 'Copies' });
  const told = (await head.getAttribute('title')).replace('Copies, of the 15 minutes. ', '');
  assert.match(told, /^Share of posts that say, word for word or nearly, what an earlier post of the same span says/);
  assert.match(await page.locator('.trend-table tbody tr').innerText(), /25%/);
  assert.match(await page.locator('.note').last().innerText(), /Copies: share of posts that say, word for word or nearly, what an earlier/);
  await p.goto(`/tag/${encodeURIComponent(tag)}?range=all`);
  const figure = page.locator('.figure', { hasText: 'copies in this span' });
  await figure.waitFor();
  assert.equal(await figure.getAttribute('title'), told);
}));

test('a rule says on how many posts it was tried, and which were left out', () => withPage({}, async (page, p) => {
  let of = 85_112;
  await page.route('**/api/v1/rules/check', (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify({ valid: true, explanation: 'posts with the word "x"', needs: [], matched_last_hour: 430, of, posts_last_hour: 85_112, examples: [] }) }));
  await p.goto('/?tasks=%2B');
  await page.locator('dialog textarea').fill('x');
  await page.getByText('430 of the 85,112 posts of the last hour would have matched (1%).').first().waitFor();
  of = 43_000;
  await page.locator('dialog textarea').fill('y');
  await page.getByText('430 of the newest 43,000 posts would have matched (1%). There was no time to try the other 42,112 of the last hour.').first().waitFor();
}));

test('while a file is replayed, Trends says what it waits for and what rose so far', () => withPage({}, async (page, p) => {
  const status = await api(target.url, 'status');
  const replaying = { ...status, mode: 'replay', now: '2016-10-06T14:24:00.000Z', replay: { rows: 40_000, bytes_done: 30, bytes_total: 100, percent: 30, eta_s: 4 } };
  const asked = [];
  await page.route('**/api/v1/status', (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify(replaying) }));
  await page.route('**/api/v1/live?*', (route) => route.abort());
  await page.route('**/api/v1/trending?*', (route) => { asked.push(new URL(route.request().url()).searchParams); return route.fulfill({ contentType: 'application/json', body: '{"time":"2016-10-06T14:24:00.000Z","trends":[]}' }); });
  await p.goto('/trends?range=24h');
  await page.getByText('Nothing has risen here yet').waitFor();
  const said = await page.locator('main').innerText();
  assert.match(said, /has come to 6 Oct 2016, 14:24/);
  assert.match(await page.locator('.banner-info').innerText(), /being replayed: 40,000 rows, 30%, about 4 s left/);
  assert.equal(asked.at(-1).get('to').slice(0, 19), '2016-10-06T14:24:00', 'a span is asked for, not a moment that is over at once');
  await page.getByRole('button', { name: 'Look at everything replayed so far' }).click();
  await page.waitForURL(/range=all/);
  await page.waitForFunction(() => document.querySelector('.spans [aria-pressed="true"]')?.textContent === 'All');
  while (asked.at(-1).get('from') !== '1970-01-01T00:00:00.000Z') await sleep(50);
  p.faults.length = 0; // The stream that was cut off.
}));

test('a task is added, explained while typed, changed and removed', () => withPage({}, async (page, p) => {
  const name = 'browser test ' + Date.now();
  await p.goto('/?tasks=%2B');
  await page.locator('dialog input[type=text]').fill(name);
  await page.locator('dialog textarea').fill('(the OR');
  await page.waitForSelector('.pointed mark');
  assert.match(await page.locator('.rule-answer').innerText(), /Column \d+/);
  assert.ok(await page.locator('dialog button[type=submit]').isDisabled());
  await page.locator('dialog textarea').fill('the OR de OR la');
  await page.waitForSelector('.explained');
  await page.locator('dialog button[type=submit]').click();
  await page.waitForSelector('.task-list');
  const row = page.locator('.task-list li', { hasText: name });
  await row.waitFor();
  await row.getByRole('button', { name: /Change/ }).click();
  await page.locator('dialog textarea').fill('the');
  await page.waitForFunction(() => !document.querySelector('dialog button[type=submit]')?.disabled);
  await page.locator('dialog button[type=submit]').click();
  await page.waitForFunction((n) => [...document.querySelectorAll('.task-list li')].some((l) => l.textContent.includes(n) && l.querySelector('code')?.textContent === 'the'), name);
  await row.getByRole('button', { name: /Remove/ }).click();
  await row.getByRole('button', { name: 'Remove', exact: true }).click();
  await row.waitFor({ state: 'detached' });
  const { tasks } = await api(target.url, 'tasks');
  assert.ok(!tasks.some((t) => t.tag === name && t.active !== false));
}));

test('SQL: answers, explains an error, keeps a history', () => withPage({}, async (page, p) => {
  await p.goto('/sql');
  await page.locator('#query').fill('SELECT lang, count(*) AS posts FROM posts GROUP BY lang ORDER BY posts DESC LIMIT 5');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('table.result tbody tr');
  assert.ok(await page.locator('table.result tbody tr').count() >= 1);
  const ignored = p.faults.length;
  await page.locator('#query').fill('DROP TABLE posts');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.sql .state-error');
  p.faults.splice(ignored); // The browser notes the 400 itself; it is the point here.
  // Only the tables that are unfolded show their columns.
  await page.locator('.schema details[open] .linklike').first().click();
  assert.match(await page.locator('#query').inputValue(), /DROP TABLE posts \w+/);
  assert.ok(await page.locator('label', { hasText: 'History' }).count() === 1);
}));

test('SQL: counts are told apart for the eye and copied as they are', () => withPage({}, async (page, p) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await p.goto('/sql');
  // One statement that the program and the stand-in both take.
  await page.locator('#query').fill('SELECT kind, 1234567 AS posts, 2016 AS year, 0.5 AS mood FROM posts LIMIT 1');
  await page.route('**/api/v1/sql', (route) => route.fulfill({ contentType: 'application/json', body: '{"columns":[{"name":"kind","type":"varchar"},{"name":"posts","type":"bigint"},{"name":"year","type":"bigint"},{"name":"key","type":"bigint"},{"name":"mood","type":"double"}],"rows":[["post",1234567,2016,-9061600308208943646,0.5],["reply",-5,2017,12,-0.125]],"truncated":false,"seconds":0.001}' }));
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('table.result tbody tr');
  assert.deepEqual(await page.locator('table.result tbody tr').first().locator('td').allInnerTexts(), ['post', '1,234,567', '2016', '-9061600308208943646', '0.500'].map((t) => t.replace(/^-/, '\u2212')));
  assert.equal(await page.locator('table.result td[title="1234567"]').count(), 1);
  assert.equal(await page.locator('table.result td.num').first().evaluate((e) => getComputedStyle(e).textAlign), 'end');
  await page.evaluate(() => { const all = document.createRange(); all.selectNodeContents(document.querySelector('table.result')); getSelection().removeAllRanges(); getSelection().addRange(all); });
  await page.keyboard.press('Control+C');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'kind\tposts\tyear\tkey\tmood\npost\t1234567\t2016\t-9061600308208943646\t0.5\nreply\t-5\t2017\t12\t-0.125');
}));

test('Try answers while typing', () => withPage({}, async (page, p) => {
  await p.goto('/try');
  await page.locator('#text').fill('A wonderful, beautiful morning. I love it. #sun');
  await page.waitForFunction(() => /positive/.test(document.querySelector('.verdict')?.textContent ?? ''), null);
  assert.match(await page.locator('.found').innerText(), /#sun/);
}));

test('a lost connection is told, tried again, and resumed where it broke', async (t) => {
  const door = await openDoor(target.url);
  try {
    await withPage({}, async (page, p) => {
      await p.goto('/');
      await ready(page);
      await beats(page, 2);
      door.shut();
      await page.waitForSelector('.banner-lost');
      while (door.refused() < 2) await sleep(50);
      door.heads.length = 0;
      door.open();
      await page.waitForSelector('.banner-lost', { state: 'detached' });
      const head = door.heads.find((h) => h.includes('/api/v1/live'));
      assert.match(head ?? '', /last-event-id: ?\S+/i);
      if (mode !== 'done') {
        const total = await page.locator('.foot').innerText();
        await page.waitForFunction((old) => document.querySelector('.foot')?.innerText !== old, total);
      }
      p.faults.length = 0; // The browser's own notes about the broken connection.
    }, door.url);
  } finally { door.close(); }
});

// What a frame costs the page's thread, in its own processor time: a busy machine does not change that.
test('a day of minutes stays smooth under the pointer', () => withPage({ motion: 'no-preference' }, async (page, p) => {
  await p.goto('/?range=24h');
  await ready(page);
  await beats(page, 2);
  await chart(page).scrollIntoViewIfNeeded();
  const box = await chart(page).boundingBox();
  const debug = await page.context().newCDPSession(page);
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => (await debug.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration').value * 1000;
  await page.evaluate(() => { window.__frames = 0; const step = () => { window.__frames++; requestAnimationFrame(step); }; requestAnimationFrame(step); });
  const before = await spent();
  const moves = 120;
  for (let i = 0; i < moves; i++) await page.mouse.move(box.x + (box.width * i) / moves, box.y + 60);
  await page.waitForFunction(() => document.querySelector('.readout'));
  const frames = await page.evaluate(() => window.__frames);
  const cost = (await spent() - before) / frames;
  console.log(`${frames} frames for ${moves} moves, ${cost.toFixed(2)} ms of processor time each`);
  assert.ok(frames > moves / 4, `${frames} frames`);
  assert.ok(cost < 1000 / 60, `${cost} ms a frame`);
}));

test('the wall turns by itself and is held by space; an embedded card has no chrome', () => withPage({}, async (page, p) => {
  await p.goto('/?wall=1&turn=1');
  assert.equal(await page.locator('nav').count(), 0);
  const now = () => page.evaluate(() => [...document.querySelectorAll('.wall-foot li button')].findIndex((b) => b.getAttribute('aria-current') === 'true'));
  await page.waitForSelector('.wall-foot li');
  if (await page.locator('.wall-foot li').count() > 1) {
    const first = await now();
    await page.waitForFunction((old) => [...document.querySelectorAll('.wall-foot li button')].findIndex((b) => b.getAttribute('aria-current') === 'true') !== old, first);
    await page.keyboard.press('Space');
    const held = await now();
    await page.waitForTimeout(2500);
    assert.equal(await now(), held);
  }
  await p.goto(`/task/${encodeURIComponent(task)}?embed=1`);
  assert.equal(await page.locator('.masthead, nav, footer').count(), 0);
  await page.waitForSelector('main.embed figure, main.embed section, main.embed .state');
}));

// States that a running program is not in, shown by the stand-in.
test('an empty program says what to do next on every page', async () => {
  const empty = await startFake('--empty');
  const b = empty.url;
  try {
    await withPage({}, async (page, p) => {
      for (const [address, text] of [['/', /add the first one/], ['/posts', /No post fits/], ['/trends', /Nothing rises/], ['/tag/x', /No post with #x/], ['/health', /No source is set/], ['/log?view=dead', /No dead letters/], ['/?tasks=1', /No task yet/]]) {
        await p.goto(address);
        await page.waitForFunction(([source]) => new RegExp(source).test(document.body.innerText), [text.source]);
      }
    }, b);
  } finally { empty.stop(); }
});

test('a failing store is told on the page, with a way on', async () => {
  const broken = await startFake('--fail', '--hours', '1');
  const p = await openPage(browser, broken.url);
  try {
    await p.goto('/');
    await p.page.waitForSelector('.state-error');
    assert.match(await p.page.locator('.state-error').first().innerText(), /being repaired[\s\S]*Wait a minute/);
    assert.ok(await p.page.locator('.state-error button').count() > 0);
  } finally { await p.close(); broken.stop(); }
});

test('where a token is asked for, the page asks for it and goes on', async () => {
  const guarded = await startFake('--token', 'sesame', '--hours', '1');
  const p = await openPage(browser, guarded.url);
  try {
    for (const address of ['/?wall=1', '/task/x?embed=1', '/']) {
      await p.page.goto(guarded.url + address);
      await p.page.locator('input[type=password]').fill('wrong');
      await p.page.keyboard.press('Enter');
      await p.page.getByText('That was not the token').waitFor();
    }
    assert.equal(await p.page.locator('.banner-lost, .controls').count(), 0);
    await p.page.locator('input[type=password]').fill('sesame');
    await p.page.keyboard.press('Enter');
    await p.page.waitForSelector('.sheet tbody tr');
  } finally { await p.close(); guarded.stop(); }
});
