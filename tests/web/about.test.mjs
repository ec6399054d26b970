// What posts are about and what is felt in them: names, topics, keywords, emotions, each of them leading to its posts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { anyTask, api, busyWindow, kFake, openBrowser, openPage, openTarget, startFake } from './lib.mjs';

let browser, target, feeling, task;
before(async () => {
  target = await openTarget();
  // Emotions in any case, also where the program under test has no model for them; older posts without.
  feeling = kFake ? target : await startFake('--hours', '25', '--rate', '1');
  browser = await openBrowser();
  await busyWindow(target.url);
  task = await anyTask(target.url);
});
after(async () => { await browser?.close(); target?.stop(); if (feeling !== target) feeling?.stop(); });

async function withPage(options, use, base = target.url) {
  const p = await openPage(browser, base, options);
  try { await use(p.page, p); assert.deepEqual(await p.violations(), []); } finally { await p.close(); }
}
const query = (page) => new URL(page.url()).searchParams;
/// A name in any case, as names are counted.
const spelled = (name) => new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`, 'i');
const number = (text) => Number(text.replace(/[^\d]/g, ''));
const kFelt = ['anger', 'sadness', 'optimism', 'joy'];
/// A span that no longer changes, as the address and as the API take it.
async function closed(base, hours) {
  const { now } = await api(base, 'status');
  const to = Math.floor(Date.parse(now) / 900_000) * 900_000;
  return `from=${new Date(to - hours * 3_600_000).toISOString()}&to=${new Date(to).toISOString()}`;
}

test('a name leads to the posts it stands in, and each of them says so', async (t) => {
  const { entities = [] } = await api(target.url, 'summary?task=*');
  if (!entities.length) return t.skip('no names in this stream');
  await withPage({}, async (page, p) => {
    await p.goto('/task/*?range=all');
    const card = page.getByRole('region', { name: 'Names' });
    await card.locator('li').first().waitFor();
    // A spelling can be the name of a work and of a place, and one name can hold another: the address tells rows apart.
    const address = await card.locator('.rank-count').first().getAttribute('href');
    const key = new URL(address, target.url).searchParams.get('entity');
    const [, type, name] = /^(\w+):(.*)$/s.exec(key);
    const row = card.locator('li').filter({ has: page.locator(`.rank-count[href*="${/entity=[^&]*/.exec(address)[0]}"]`) });
    assert.match(await row.innerText(), new RegExp(type));
    await row.locator('.rank-count').click();
    await page.waitForURL(/\/posts\?/);
    assert.equal(query(page).get('entity'), key);
    await page.locator('article .post-open').first().click();
    await page.locator('.post-details dd', { has: page.getByRole('link', { name: spelled(name) }) }).first().waitFor();
    assert.match(await page.locator('.filter-chips').innerText(), /name: /);
    await page.locator('.filter-chips button', { hasText: name }).click();
    await page.waitForFunction(() => !new URLSearchParams(location.search).has('entity'));
  });
});

test('names can be kept to one type, and the address keeps it', async (t) => {
  const names = [['person:Nuala Brannock', 9], ['place:Carrow Point', 8], ['person:سلمى الوادي', 7]].map(([key, count]) => ({ key, count }));
  await withPage({}, async (page, p) => {
    await page.route('**/api/v1/summary?*', async (route) => { const answer = await route.fetch({ maxRetries: 3 }); await route.fulfill({ response: answer, json: { ...(await answer.json()), entities: names } }); });
    await p.goto('/task/*?range=all');
    const card = page.getByRole('region', { name: 'Names' });
    await card.locator('li').nth(2).waitFor();
    await card.getByLabel('Type of name').selectOption('place');
    await page.waitForFunction(() => new URLSearchParams(location.search).get('names') === 'place');
    assert.deepEqual(await card.locator('.rank-key').allInnerTexts(), ['Carrow Point']);
    await page.reload();
    await card.locator('li').first().waitFor();
    assert.deepEqual(await card.locator('.rank-key').allInnerTexts(), ['Carrow Point']);
  });
});

test('keywords keep the order of their weight, say whose they are, and lead to the posts with the phrase', () => withPage({}, async (page, p) => {
  const span = await closed(target.url, 24 * 400);
  await p.goto(`/task/${encodeURIComponent(task)}?${span}`);
  const card = page.getByRole('region', { name: 'Keywords' });
  await card.locator('li').first().waitFor();
  const asked = await api(target.url, `keywords?limit=10&${span}${task === '*' ? '' : `&task=${encodeURIComponent(task)}`}`);
  assert.ok(asked.keywords.length > 0);
  assert.deepEqual(await card.locator('.rank-key').allTextContents(), asked.keywords.map((k) => k.text));
  assert.match(await card.locator('.note').innerText(), new RegExp(`by YAKE, from ${asked.texts.toLocaleString('en-US')} texts? of ${asked.posts.toLocaleString('en-US')} posts?`));
  await card.locator('.rank-key').first().click();
  await page.waitForURL(/\/posts\?/);
  assert.equal(query(page).get('q'), `"${asked.keywords[0].text}"`);
  assert.equal(query(page).get('task') ?? '*', task);
  await page.waitForSelector('article[data-id]');
}));

test('each emotion leads to its posts, and the shares are of the posts that were read', () => withPage({}, async (page, p) => {
  const span = await closed(feeling.url, 24);
  await p.goto(`/task/harbour?${span}`);
  const list = page.locator('.emotions .course-list a');
  await list.first().waitFor();
  const { windows } = await api(feeling.url, `series?task=harbour&size=1m&${span}`);
  const read = windows.filter((w) => w.emotions).reduce((n, w) => n + w.posts, 0);
  const all = windows.reduce((n, w) => n + w.posts, 0);
  assert.ok(read > 0 && read < all, 'the stream has posts from before emotions');
  assert.equal(number(/each of ([\d,]+) posts/.exec(await page.locator('.emotions .readout').innerText())[1]), read);
  assert.match(await page.locator('.emotions .note').innerText(), new RegExp(`^${(all - read).toLocaleString('en-US')} posts`));
  const told = await list.evaluateAll((links) => links.map((a) => `${a.innerText.replace(/\s+/g, ' ')}, ${a.title}`));
  assert.deepEqual(told.map((t) => t.trim().split(' ')[0]), [...kFelt, 'none']);
  assert.equal(told.reduce((n, t) => n + number(/, ([\d,]+) posts?$/.exec(t)[1]), 0), read);
  await list.nth(3).click();
  await page.waitForURL(/emotion=joy/);
  await page.waitForSelector('article[data-id]');
  await page.locator('article .post-open').first().click();
  assert.match(await page.locator('.post-details').first().innerText(), /emotion\s+joy · anger/);
}, feeling.url));

test('the course of emotions is walked by keys, follows its neighbour, and stands in a table', () => withPage({}, async (page, p) => {
  const span = await closed(feeling.url, 1);
  await p.goto(`/task/harbour?${span}`);
  const body = page.locator('.emotions .chart-body');
  await body.locator('canvas').nth(3).waitFor();
  assert.equal(await body.getAttribute('role'), 'application');
  assert.match(await body.getAttribute('aria-label'), /% anger, \d+% sadness.*Arrow keys/);
  await body.focus();
  await page.keyboard.press('Home');
  const first = await page.locator('.emotions .readout').innerText();
  assert.match(first, /posts\s+anger <?\d+%/);
  await page.keyboard.press('ArrowRight');
  assert.notEqual(await page.locator('.emotions .readout').innerText(), first);
  // The pointer over the sentiment of a window tells its emotions, too.
  await page.locator('.chart:not(.emotions) .u-over').first().hover();
  await page.waitForFunction(() => { const [a, b] = [...document.querySelectorAll('.readout b')].map((e) => e.textContent); return a && a === b; });
  await page.locator('.emotions .tool', { hasText: 'Table' }).click();
  const { windows } = await api(feeling.url, `series?task=harbour&size=1m&${span}`);
  const rows = page.locator('.emotions tbody tr');
  assert.deepEqual(await page.locator('.emotions thead th').allInnerTexts(), ['From', 'Posts', ...kFelt, 'none']);
  const sum = async (column) => (await rows.locator(`td:nth-child(${column})`).allInnerTexts()).reduce((n, t) => n + number(t), 0);
  assert.equal(await sum(2), windows.reduce((n, w) => n + w.posts, 0));
  for (const [i, e] of kFelt.entries()) assert.equal(await sum(3 + i), windows.reduce((n, w) => n + w.emotions[e], 0), e);
  await rows.first().locator('td a').nth(1).click();
  await page.waitForURL(/emotion=anger/);
}, feeling.url));

test('a span brushed over an emotion is zoomed into once: back returns', () => withPage({}, async (page, p) => {
  const span = await closed(feeling.url, 1);
  await p.goto(`/task/harbour?${span}`);
  const pane = page.locator('.emotions .u-over').nth(1);
  await pane.waitFor();
  const from = query(page).get('from');
  const box = await pane.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 12, { steps: 3 });
  await page.mouse.move(box.x + box.width * 0.6, box.y + 12, { steps: 3 });
  await page.mouse.up();
  await page.waitForFunction((old) => new URLSearchParams(location.search).get('from') !== old, from);
  await page.goBack();
  await page.waitForFunction((old) => new URLSearchParams(location.search).get('from') === old, from);
}, feeling.url));

test('a hashtag says the same of itself', () => withPage({}, async (page, p) => {
  await p.goto('/tag/NightFerry?range=6h');
  await page.locator('.emotions .course-list a').first().waitFor();
  for (const name of ['Names', 'Keywords']) await page.getByRole('region', { name }).locator('li').first().waitFor();
  await page.getByRole('region', { name: 'Names' }).locator('.rank-key').first().click();
  await page.waitForURL(/entity=/);
  assert.equal(query(page).get('hashtag'), 'NightFerry');
}, feeling.url));

test('filters by name and emotion go into the export', () => withPage({}, async (page, p) => {
  await p.goto('/posts?range=6h&entity=person%3ANuala+Brannock');
  await page.waitForSelector('article[data-id]');
  await page.getByLabel('Emotion').selectOption('joy');
  await page.waitForFunction(() => new URLSearchParams(location.search).get('emotion') === 'joy' && !document.querySelector('.post-list[aria-busy="true"]'));
  const asked = page.waitForRequest(/posts\/export/);
  await page.getByRole('button', { name: 'JSONL' }).click();
  const sent = new URL((await asked).url()).searchParams;
  assert.equal(sent.get('entity'), 'person:Nuala Brannock');
  assert.equal(sent.get('emotion'), 'joy');
}, feeling.url));

test('Try tells emotion and tone where the program does', () => withPage({}, async (page, p) => {
  await p.goto('/try?text=' + encodeURIComponent('A miserable, terrible, awful queue, says Nuala Brannock'));
  const card = page.getByRole('region', { name: 'Emotion' });
  await card.locator('.meter').nth(4).waitFor();
  assert.equal(await card.locator('.verdict').innerText(), 'anger');
  assert.equal(await page.getByRole('region', { name: 'Tone' }).locator('.meter').count(), 3);
  assert.equal(await page.locator('.found').getByRole('link', { name: 'Nuala Brannock' }).getAttribute('href'), '/posts?entity=person:Nuala+Brannock');
}, feeling.url));

test('topics have a course and a ranking, and each leads to its posts', () => withPage({}, async (page, p) => {
  const span = await closed(feeling.url, 6);
  await p.goto(`/task/harbour?${span}`);
  const card = page.getByRole('region', { name: 'Topics', exact: true });
  await card.locator('li').first().waitFor();
  const { topics, posts } = await api(feeling.url, `summary?task=harbour&${span}`);
  assert.ok(topics.length > 1);
  const spoken = (key) => key.replaceAll('_', ' ');
  assert.deepEqual(await card.locator('.rank-key').allInnerTexts(), topics.slice(0, 10).map((t) => spoken(t.key)));
  const rows = page.locator('.topics .course-list a');
  assert.deepEqual(await rows.locator('.course-name').allInnerTexts(), topics.slice(0, 6).map((t) => spoken(t.key)));
  assert.equal(await rows.first().locator('b').innerText(), `${Math.round(topics[0].count / posts * 100)}%`);
  await page.locator('.topics .tool', { hasText: 'Table' }).click();
  const cells = await page.locator('.topics tbody td:nth-child(3)').allInnerTexts();
  assert.equal(cells.reduce((n, t) => n + number(t), 0), topics[0].count);
  await rows.first().click();
  await page.waitForURL(/\/posts\?/);
  assert.equal(query(page).get('topic'), topics[0].key);
  await page.locator('article .post-open').first().click();
  await page.locator('.post-details').getByRole('link', { name: spoken(topics[0].key), exact: true }).first().click();
  await page.waitForURL(/\/topic\//);
  assert.equal(await page.locator('h1').innerText(), spoken(topics[0].key));
}, feeling.url));

test('a topic has a page, and what else its posts are about leads to posts of both', () => withPage({}, async (page, p) => {
  const span = await closed(feeling.url, 24);
  await p.goto(`/topic/${encodeURIComponent('news_&_social_concern')}?${span}`);
  const also = page.getByRole('region', { name: 'Also about' });
  await also.locator('li').first().waitFor();
  const told = await api(feeling.url, `subjects/${encodeURIComponent('news_&_social_concern')}?${span}`);
  assert.ok(told.posts > 0);
  assert.equal(number(await page.locator('.figures .figure b').first().innerText()), told.posts);
  assert.equal(await page.locator('h1').innerText(), 'news & social concern');
  assert.match(await page.title(), /^news & social concern/);
  for (const name of ['Hashtags', 'Names', 'Keywords', 'Words']) await page.getByRole('region', { name }).locator('li').first().waitFor();
  await also.locator('.rank-count').first().click();
  await page.waitForURL(/\/posts\?/);
  assert.equal(query(page).get('topic'), `news_&_social_concern|${told.topics[0].key}`);
  await page.waitForSelector('article[data-id]');
  assert.match(await page.locator('.filter-chips').innerText(), /topic: news & social concern and /);
}, feeling.url));

test('copies are told in words', () => withPage({}, async (page, p) => {
  const span = await closed(feeling.url, 6);
  await p.goto(`/tag/NightFerry?${span}`);
  await page.locator('.copies').waitFor();
  const { posts, texts } = await api(feeling.url, `hashtags/NightFerry?${span}`);
  const n = (x) => x.toLocaleString('en-US');
  assert.equal((await page.locator('.copies').innerText()).split(' (')[0], `${n(posts)} posts, ${n(texts)} texts: ${n(posts - texts)} posts`);
}, feeling.url));

test('posts are filtered by a topic that is chosen and by a name that is written', () => withPage({}, async (page, p) => {
  await p.goto('/posts?range=6h');
  await page.getByLabel('Topic').selectOption('news_&_social_concern');
  await page.waitForFunction(() => new URLSearchParams(location.search).get('topic') === 'news_&_social_concern' && !document.querySelector('.post-list[aria-busy="true"]'));
  await page.waitForSelector('article[data-id]');
  await page.getByLabel('Name', { exact: true }).fill('nuala brannock');
  await page.getByLabel('Name', { exact: true }).press('Enter');
  await page.waitForFunction(() => new URLSearchParams(location.search).get('entity') === 'nuala brannock' && !document.querySelector('.post-list[aria-busy="true"]'));
  await page.waitForSelector('article[data-id]');
  for (const text of await page.locator('article .said').allTextContents()) assert.match(text, /Nuala Brannock/);
  const asked = page.waitForRequest(/posts\/export/);
  await page.getByRole('button', { name: 'JSONL' }).click();
  assert.equal(new URL((await asked).url()).searchParams.get('topic'), 'news_&_social_concern');
}, feeling.url));

test('Try tells topics, and marks each name where it stands', () => withPage({}, async (page, p) => {
  const text = '⛴️ The ferry was late again, says Nuala Brannock';
  await p.goto('/try?text=' + encodeURIComponent(text));
  const card = page.getByRole('region', { name: 'Topics' });
  await card.locator('.meter').first().waitFor();
  assert.equal(await card.getByRole('link').first().getAttribute('href'), `/topic/${encodeURIComponent('travel_&_adventure')}`);
  const named = page.getByRole('region', { name: 'Names in the text' });
  assert.deepEqual(await named.locator('mark').evaluateAll((marks) => marks.map((m) => m.firstChild.textContent)), ['Nuala Brannock']);
  assert.equal(await named.locator('.said').evaluate((e) => [...e.childNodes].map((n) => n.firstChild?.textContent ?? n.textContent).join('')), text);
}, feeling.url));

test('where no model looks for topics nothing speaks of them', async () => {
  const plain = await startFake('--hours', '2', '--rate', '1', '--no-topics');
  try {
    await withPage({}, async (page, p) => {
      for (const address of ['/task/harbour', '/tag/NightFerry', '/posts', '/try']) {
        await p.goto(address);
        await page.waitForFunction(() => !document.querySelector('.skeleton') && document.querySelector('.rank li, article[data-id], .verdict'));
        assert.doesNotMatch(await page.locator('main').innerText(), /topic/i, address);
      }
    }, plain.url);
  } finally { plain.stop(); }
});

test('where no model looks for emotions nothing speaks of them', async () => {
  const plain = await startFake('--hours', '2', '--rate', '1', '--no-emotion');
  try {
    await withPage({}, async (page, p) => {
      for (const address of ['/task/harbour', '/tag/NightFerry', '/posts', '/try']) {
        await p.goto(address);
        await page.waitForFunction(() => !document.querySelector('.skeleton') && document.querySelector('.rank li, article[data-id], .verdict'));
        assert.doesNotMatch(await page.locator('main').innerText(), /emotion|anger|sadness|optimism|tone/i, address);
      }
    }, plain.url);
  } finally { plain.stop(); }
});

test('hostile names and phrases are text', () => withPage({}, async (page, p) => {
  const bad = ['person:<img src=x onerror="window.__pwned=1">', 'place:\u202eإسم <b>x</b>', `work:${'W'.repeat(500)}`, 'person:', 'javascript:window.__pwned=2', ':', ''].map((key, i) => ({ key, count: 90 - i }));
  const words = ['<script>window.__pwned=3</script>', '"quoted" phrase', 'w'.repeat(300), '\u202eعبارة'].map((text, i) => ({ text, count: 9, score: i / 10 }));
  const mend = (address, more) => page.route(address, async (route) => { const answer = await route.fetch({ maxRetries: 3 }); if (!answer.ok()) return route.fulfill({ response: answer }); await route.fulfill({ response: answer, json: more(await answer.json()) }); });
  await mend('**/api/v1/summary?*', (a) => ({ ...a, entities: bad }));
  await mend('**/api/v1/keywords?*', (a) => ({ ...a, lang: '<b>', keywords: words }));
  await mend('**/api/v1/posts?*', (a) => ({ ...a, posts: a.posts.map((post) => ({ ...post, entities: bad.map((b) => b.key), emotion: '<i>', emotions: { anger: 'x' } })) }));
  const inert = async () => {
    assert.equal(await page.evaluate(() => window.__pwned), undefined);
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('#app img, #app script, bdi *, .rank-key i')].map((e) => e.outerHTML)), []);
    assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((a) => a.protocol).filter((x) => !/^https?:$/.test(x))), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the screen');
  };
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await p.goto('/task/*?range=all');
    await page.getByRole('region', { name: 'Names' }).locator('li').nth(5).waitFor();
    await page.getByRole('region', { name: 'Keywords' }).locator('li').nth(3).waitFor();
    assert.equal(await page.locator('.rank-key', { hasText: '<img' }).first().textContent(), '<img src=x onerror="window.__pwned=1">');
    await inert();
    await p.goto('/posts?range=all&entity=' + encodeURIComponent(bad[0].key));
    await page.waitForFunction(() => !document.querySelector('.skeleton'));
    await inert();
    await p.goto('/posts?range=all');
    await page.locator('article .post-open').first().click();
    await page.locator('.post-details').waitFor();
    await inert();
  }
  p.faults.splice(0, p.faults.length, ...p.faults.filter((f) => !/status of 400/.test(f)));
  await page.unrouteAll({ behavior: 'ignoreErrors' });  // A live page asks on until it is closed.
}));
