// A stand-in for heartbeat's HTTP side, for working on the dashboard without the program: serves dist/ and the API with
// a simulated stream. No dependency. Not a reference: where it and the program differ, the program is right.
//
//   node dev/fake_server.mjs [--port 8099] [--hours 26] [--rate 3] [--replay] [--empty] [--fail] [--token T] [--no-emotion] [--no-topics]
//   node dev/fake_server.mjs --api http://127.0.0.1:8080     this dist/ over the API of a running program
import { createServer, request as forward } from 'node:http';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { kTags, kTasks, kTexts } from './corpus.mjs';

const args = process.argv.slice(2);
const option = (name, fallback) => { const i = args.indexOf('--' + name); return i < 0 ? fallback : args[i + 1]; };
const flag = (name) => args.includes('--' + name);
const port = Number(option('port', 8099));
const perSecond = Number(option('rate', 3));
const program = option('api', '');
const hours = flag('empty') || program ? 0 : Number(option('hours', 26));
const replayed = flag('replay');
const token = option('token', '');
const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '../dist');

/// Posts that must show as text and do nothing: the last column but one of the file the browser tests replay.
function hostile() {
  const file = readFileSync(path.join(dist, '../../tests/web/hostile.csv'), 'utf8');
  const cells = [...file.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)].map((m) => m[1].replace(/^"|"$/g, '').replaceAll('""', '"'));
  return cells.slice(4).filter((_, i) => i % 4 === 2).filter((text) => /hostile/.test(text));
}
// --- a seeded stream
let seed = 7;
const random = () => { seed = (seed * 1664525 + 1013904223) >>> 0; return seed / 4294967296; };
const kMinute = 60_000;
const started = Date.now();
const origin = replayed ? Date.parse('2016-10-31T21:07:00Z') : started;
const clockNow = () => (replayed ? origin : Date.now());
const iso = (t) => new Date(t).toISOString();
const tasks = flag('empty') ? [] : kTasks.map((t, i) => ({ ...t, revision: 1, active: true, since: iso(origin - (i + 3) * 86_400_000) }));
const posts = []; // Oldest first.
let serial = 1_840_000_000_000;
const kFelt = ['anger', 'joy', 'optimism', 'sadness'];
// Older posts are from before there was a model for it.
const kEmotionFrom = flag('no-emotion') ? Infinity : origin - 20 * 3_600_000;
const kTopicsFrom = flag('no-topics') ? Infinity : origin - 20 * 3_600_000;
const kTopicWords = { 'travel_&_adventure': /ferry|ferries|harbour|boat|puerto|pier|quay|vapur/i, 'news_&_social_concern': /strike|trains?|metro|métro|grève|knots|power|mayor/i, 'diaries_&_daily_life': /evening|night|morning|matin|queue|tea|çay|umbrella|paraguas/i, 'music': /music|cantaba|موسيقى|غنت/i, 'sports': /jogo|juiz|derby/i, 'food_&_dining': /bakery|rye|pain|marché|äpfel|freezer/i };
/// Two at most, as a model gives them.
const topicsOf = (text) => Object.entries(kTopicWords).filter(([, words]) => words.test(text)).map(([topic]) => topic).slice(0, 2);
const kHostileNames = ['person:<img src=x onerror="window.__pwned = 10">', 'place:\u202e<b>إسم</b>', `work:${'W'.repeat(400)}`, 'person:'];
const clamp = (x) => Math.min(1, Math.max(0, x));

function matches(task, text, tags) {
  const words = { harbour: /harbour|ferry|puerto|vapur/i, 'transit strike': /train|metro|métro|grève|line 4|platform|רכבת/i, 'Äpfel/ñandú': /äpfel|harvest/i, weather: /storm|sturm|rain|llueve|дождь|fog|बारिश/i }[task.tag];
  if (words) return words.test(text) || tags.some((t) => words.test(t));
  const plain = task.rule.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  return plain.some((w) => w.length > 2 && text.toLowerCase().includes(w));
}
function makePost(time, text) {
  const burst = Math.sin(time / 5.1e6) > 0.93;
  const phase = Math.sin(time / 2.3e6) * 0.35 + Math.sin(time / 7e5) * 0.15;
  let pick = kTexts[Math.floor(random() * kTexts.length)];
  if (burst && random() < 0.5) pick = kTexts[random() < 0.6 ? 1 : 4];
  else if (random() < Math.abs(phase) * 0.6) { const side = kTexts.filter((t) => Math.sign(t[2]) === Math.sign(phase)); pick = side[Math.floor(random() * side.length)]; }
  const [lang, country, mood, mixed, template, names = [], felt] = pick;
  const tag = random() < 0.75 ? kTags[burst && random() < 0.6 ? 1 : Math.floor(random() ** 1.7 * kTags.length)] : '';
  const surging = time > origin - 12 * kMinute && random() < 0.16;
  const content = text ?? template.replace('{t}', surging ? '#' + (random() < 0.7 ? 'storm' : 'مهرجان') : tag ? '#' + tag : '').trim();
  const hashtags = [...content.matchAll(/[#＃]([\p{L}\p{N}_]+)/gu)].map((m) => m[1]);
  const noise = () => (random() - 0.5) * 0.3;
  const strength = Math.abs(mood);
  let pos = Math.max(0.02, mood > 0 ? mood + noise() : 0.12 + noise() / 2 + mixed * 0.3);
  let neg = Math.max(0.02, mood < 0 ? -mood + noise() : 0.12 + noise() / 2 + mixed * 0.3);
  let neu = Math.max(0.03, 1 - strength + noise());
  const sum = pos + neg + neu;
  pos /= sum; neg /= sum; neu /= sum;
  const m = clamp(mixed * 0.9 + random() * 0.08);
  const label = neg > pos && neg > neu ? 'negative' : pos > neu ? 'positive' : 'neutral';
  const mine = tasks.filter((t) => t.active && matches(t, content, hashtags)).map((t) => t.tag);
  const author = 'a' + Math.floor(random() ** 2 * 900 + 1).toString(16).padStart(8, '0');
  const read = time > kEmotionFrom;
  const emotion = text ? kFelt[Math.floor(random() * 4)] : random() < 0.15 ? kFelt[Math.floor(random() * 4)] : felt ?? (random() < 0.5 ? 'none' : mood > 0.55 ? 'joy' : mood > 0.25 ? 'optimism' : mood < -0.4 ? (random() < 0.5 ? 'anger' : 'sadness') : 'none');
  const sure = 0.55 + random() * 0.4;
  const emotions = Object.fromEntries(kFelt.map((e) => [e, emotion === e ? sure : emotion === 'none' ? 0.02 + random() * 0.08 : (1 - sure) / 4]));
  const kind = content.startsWith('RT ') ? 'repost' : random() < 0.12 ? 'reply' : random() < 0.05 ? 'quote' : 'post';
  return {
    id: String(serial += 1 + Math.floor(random() * 1000)), key: String(serial), time: iso(time), source: replayed ? 'replay' : 'demo', task: mine[0] ?? '', tasks: mine, lang, content,
    author, handle: random() < 0.5 ? 'user_' + author.slice(-4) : undefined, country, kind, hashtags, mentions: [], urls: [], entities: text ? kHostileNames : read ? names : null, ...(time > kTopicsFrom ? { topics: text ? ['<b>x</b>', 'W'.repeat(200)] : topicsOf(content) } : {}), ...(read ? { emotion, emotions } : {}),
    neg, neu, pos, mixed: m, label, label4: m > 0.5 ? 'mixed' : label, polarity: Math.round((pos - neg + noise() / 3) * 1000) / 1000, subjectivity: clamp(strength * 0.7 + 0.15),
    models: { sentiment: 'sentiment-fast/1', polarity: 'pattern/0.20.1', language: 'ngram/1' }, ms: time,
  };
}
const rateAt = (t) => perSecond * (1 + 0.45 * Math.sin(t / 1.4e7) + 0.25 * Math.sin(t / 1.1e6) + (Math.sin(t / 5.1e6) > 0.93 ? 1.6 : 0));
for (let t = origin - hours * 3_600_000; t < origin;) {
  t += (-Math.log(1 - random()) / rateAt(t)) * 1000;
  if (t < origin) posts.push(makePost(t));
}
if (!flag('empty')) hostile().forEach((text, i, all) => posts.push(makePost(origin - (all.length - i) * 900, text)));

// --- folding
const kGapFrom = Math.floor((origin - 5.2 * 3_600_000) / kMinute) * kMinute;
const kGapTo = kGapFrom + 7 * kMinute;
function lowerBound(t) { let a = 0, b = posts.length; while (a < b) { const m = (a + b) >> 1; if (posts[m].ms < t) a = m + 1; else b = m; } return a; }
const inTask = (tag) => (p) => !tag || tag === '*' || p.tasks.includes(tag);
function* between(from, to, keep = () => true) { for (let i = lowerBound(from); i < posts.length && posts[i].ms < to; i++) if (keep(posts[i])) yield posts[i]; }
function fold(list) {
  const labels = { negative: 0, neutral: 0, positive: 0, mixed: 0 };
  const sum = { neg: 0, neu: 0, pos: 0, mixed: 0, polarity: 0, subjectivity: 0 };
  const authors = new Set();
  const emotions = { anger: 0, joy: 0, optimism: 0, sadness: 0 };
  let felt = false;
  let n = 0;
  for (const p of list) { if (p.emotion) { felt = true; if (p.emotion !== 'none') emotions[p.emotion]++; } n++; labels[p.label4]++; authors.add(p.author); for (const k of Object.keys(sum)) sum[k] += p[k]; }
  for (const k of Object.keys(sum)) sum[k] = n ? sum[k] / n : null;
  return { posts: n, authors: authors.size, authors_approximate: n > 60_000, labels, ...(felt ? { emotions } : {}), ...sum };
}
function windows(from, to, size, keep, topics) {
  const groups = new Map();
  for (const p of between(from, to, keep)) { const w = Math.floor(p.ms / size) * size; let g = groups.get(w); if (!g) groups.set(w, g = []); g.push(p); }
  const now = clockNow();
  return [...groups].map(([start, list]) => ({ start: iso(start), ...fold(list), ...(topics ? { topics: topics.map((t) => list.filter((p) => p.topics?.includes(t)).length) } : {}), completeness: 1 - Math.max(0, Math.min(start + size, kGapTo) - Math.max(start, kGapFrom)) / size, final: start + size + 600_000 < now, revision: 1 }));
}
function top(list, keys, n = 20) {
  const counts = new Map();
  for (const p of list) for (const k of keys(p)) counts.set(k, (counts.get(k) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, n).map(([key, count]) => ({ key, count }));
}
const kStop = new Set('the and was for with this that from der die das und les est une por con para que uma hatte diese dieses'.split(' '));
const wordsOf = (p) => [...new Set((p.content.length > 2000 ? '' : p.content).toLowerCase().replace(/https?:\S+|[#@]\S+/g, ' ').match(/[\p{L}]{3,}/gu) ?? [])].filter((w) => !kStop.has(w));
const strip = ({ ms, ...p }) => p;
const spark = (from, to, keep, f = (l) => l.length) => Array.from({ length: Math.round((to - from) / kMinute) }, (_, i) => f([...between(from + i * kMinute, from + (i + 1) * kMinute, keep)]));
function trends(kind = 'hashtag', scope = 'all', limit = 20) {
  const now = clockNow();
  const keep = scope.startsWith('task:') ? inTask(scope.slice(5)) : scope.startsWith('lang:') ? (p) => p.lang === scope.slice(5) : scope.startsWith('country:') ? (p) => p.country === scope.slice(8) : () => true;
  const last = top(between(now - 15 * kMinute, now, keep), (p) => p.hashtags, 60);
  const day = new Map(top(between(now - 6 * 3_600_000, now - 15 * kMinute, keep), (p) => p.hashtags, 1000).map((t) => [t.key, t.count]));
  return last.map(({ key, count }) => {
    const has = (p) => keep(p) && p.hashtags.includes(key);
    const mine = [...between(now - 15 * kMinute, now, has)];
    const authors = new Set(mine.map((p) => p.author)).size;
    const baseline = Math.max(1, (day.get(key) ?? 0) / 23);
    const score = (count - baseline) / Math.sqrt(baseline + 1);
    return { key, kind, scope, count, baseline, score, authors, duplicate_share: 1 - new Set(mine.map((p) => p.content)).size / mine.length, languages: top(mine, (p) => [p.lang], 3).map((l) => l.key), examples: mine.slice(0, 3).map((p) => p.id), since: iso(now - 11 * kMinute), spark: spark(now - 60 * kMinute, now, has), reason: `${count} in 15 min, usually ${Math.round(baseline)}, by ${authors} authors` };
  }).filter((t) => t.count >= 10 && t.authors >= 5 && t.score > -0.5).sort((a, b) => b.score - a.score).slice(0, limit);
}

// --- answers
const kept = new Map(); // Costly answers, for a second: one process serves everything here.
function once(key, make) { const old = kept.get(key); if (old && Date.now() - old.at < 1000) return old.value; const value = make(); kept.set(key, { at: Date.now(), value }); return value; }
const startedPosts = () => posts.length;
function status() {
  const now = clockNow();
  const recent = [...between(now - 10_000, now + 1)].length / 10;
  const rate = replayed ? 0 : recent;
  return {
    version: '0.1.0-dev', now: iso(now), mode: replayed ? 'done' : 'live', uptime_s: Math.round((Date.now() - started) / 1000) + 5321, ready: true,
    replay: replayed ? { rows: startedPosts(), bytes_done: 5_400_000, bytes_total: 5_400_000, percent: 100, eta_s: 0 } : null,
    sources: flag('empty') ? [] : [
      { name: replayed ? 'replay:replay:6f1d2a' : 'demo:demo:1', kind: replayed ? 'replay' : 'demo', title: replayed ? 'ira_2016-10.csv.gz' : 'demo, seed 1', state: replayed ? 'done' : 'running', detail: replayed ? 'the whole file was read' : 'scripted stream', posts: posts.length, rate, watermark: iso(now - 2000), last_post: posts.at(-1)?.time ?? null, dead_letters: 3 },
      { name: 'jetstream:bluesky', kind: 'jetstream', title: 'Bluesky firehose', state: 'waiting', detail: 'no answer from the server, next try in 12 s', posts: 0, rate: 0, watermark: null, last_post: null, dead_letters: 0 },
    ],
    stages: [['ingest', 0, 0.04], ['analyze', 12, 0.21], ['window', 3, 0.08], ['store', 240, 0.31]].map(([name, lag, busy]) => ({ name, lag, rate, batches: 812, busy })),
    models: [{ task: 'sentiment', name: 'sentiment-fast', version: '1', card: 'models/sentiment-fast.md' }, { task: 'polarity', name: 'pattern', version: '0.20.1' }, { task: 'language', name: 'ngram', version: '1' }, { task: 'entities', name: 'entities-fast', version: '1' }, ...(flag('no-topics') ? [] : [{ task: 'topics', name: 'topics-fast', version: '1' }]), ...(flag('no-emotion') ? [] : [{ task: 'emotion', name: 'emotion-fast', version: '1' }])],
    memory_bytes: 312_000_000, peak_memory_bytes: 471_000_000, disk: { log_bytes: 181_000_000, store_bytes: 96_000_000, free_bytes: 41_000_000_000 },
    dead_letters: dead.length, gaps: flag('empty') ? [] : [{ source: 'demo:demo:1', from: iso(kGapFrom), to: iso(kGapTo), cause: 'connection reset by peer', refilled: false }],
    posts_total: posts.length, rate, messages: [],
  };
}
const kHeader = 'id,created_at,posted_at,text';
const letter = (id, minutes, location, reason, raw, context, more = {}) => ({ id, time: iso(origin - minutes * kMinute), source: 'demo', location, reason, raw, bytes: raw.length, cut: false, context: context ? JSON.stringify(context) : '', attempts: 0, tried: null, ...more });
const kCsv = { format: 'csv', delimiter: ',', quotes: true, header: kHeader, map: '' };
const dead = flag('empty') ? [] : [
  letter('d3', 2, 'posts.csv: row 40,555', 'text is not valid UTF-8 at byte 3', '9,2026-01-01,2026-01-01,caf\uFFFD au lait', kCsv),
  letter('d2', 14, 'posts.csv: row 40,018', 'created_at is no time: "yesterday-ish"', '7,yesterday-ish,2026-01-01T10:00:00Z,<b>hello</b>', kCsv),
  letter('d1', 15, 'line 18,221', 'not valid JSON: unexpected end at column 70', '{"data":{"id":"1580661436132757506","text":"a line cut off in the midd', null),
];
const usedLetters = [];
/// What a replay of letters comes to: the same rules as the program's, for these three.
function replayLetters(body) {
  const answer = { queued: 0, used: 0, failed: 0, already: [], unknown: [], cut: [] };
  for (const id of body.all ? dead.map((l) => l.id) : body.ids ?? []) {
    const at = dead.findIndex((l) => l.id === id);
    const before = usedLetters.find((l) => l.id === id);
    if (at < 0) { if (before) answer.already.push({ id, replayed: before.replayed }); else answer.unknown.push(id); continue; }
    const l = dead[at];
    const raw = body.raw ?? l.raw;
    answer.queued++;
    l.attempts++;
    let good = l.context ? !raw.includes('\uFFFD') && !Number.isNaN(Date.parse(raw.split(',')[/time=posted_at/.test(body.map ?? '') ? 2 : 1])) : true;
    if (!l.context) try { JSON.parse(raw); } catch { good = false; }
    if (good) { dead.splice(at, 1); usedLetters.unshift({ ...l, raw: '', replayed: iso(Date.now()) }); answer.used++; } else { l.tried = iso(Date.now()); answer.failed++; }
  }
  return answer;
}
function filterOf(q) {
  const g = (k) => q.get(k);
  const words = [...(g('q') ?? '').toLowerCase().matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]).filter(Boolean);
  return (p) => inTask(g('task'))(p) && (!g('label') || p.label === g('label')) && (!g('label4') || p.label4 === g('label4')) && (!g('lang') || p.lang === g('lang')) && (!g('author') || p.author === g('author') || p.handle === g('author')) &&
    (!g('source') || p.source === g('source')) && (!g('kind') || p.kind === g('kind')) && (!g('country') || p.country === g('country')) && (!g('entity') || p.entities?.some((e) => [e, e.slice(e.indexOf(':') + 1)].some((n) => n.toLowerCase() === g('entity').toLowerCase()))) && (!g('emotion') || p.emotion === g('emotion')) && (!g('topic') || g('topic').split('|').every((t) => p.topics?.includes(t))) && (!g('hashtag') || p.hashtags.some((h) => h.toLowerCase() === g('hashtag').toLowerCase())) && words.every((w) => p.content.toLowerCase().includes(w));
}
const timeOf = (text, fallback) => { if (!text) return fallback; const t = /^\d+$/.test(text) ? Number(text) : Date.parse(text); return Number.isNaN(t) ? fallback : t; };
const span = (q) => [timeOf(q.get('from'), 0), timeOf(q.get('to'), clockNow() + 1)];

function checkRule(rule) {
  const chars = [...rule];
  let depth = 0;
  for (let i = 0; i < chars.length; i++) {
    if (chars[i] === '(') depth++;
    if (chars[i] === ')' && --depth < 0) return { valid: false, error: 'this parenthesis closes nothing', column: i + 1, hint: 'remove it, or open one before' };
  }
  if (depth > 0) return { valid: false, error: 'this parenthesis is never closed', column: chars.lastIndexOf('(') + 1, hint: 'add ")" at the end' };
  const bad = /\b(form|langg|hass):/.exec(rule);
  if (bad) return { valid: false, error: `unknown operator "${bad[1]}:"`, column: [...rule.slice(0, bad.index)].length + 1, hint: 'did you mean from:, lang: or has:?' };
  if (!rule.trim()) return { valid: false, error: 'the rule is empty', column: 1, hint: 'write a word, for example: ferry' };
  const now = clockNow();
  const hour = [...between(now - 3_600_000, now)];
  const hit = hour.filter((p) => matches({ tag: '', rule }, p.content, p.hashtags));
  return { valid: true, explanation: `posts that contain ${rule.replace(/\bOR\b/g, 'or').replace(/\s+/g, ' ')}`, needs: [], matched_last_hour: hit.length, of: hour.length, examples: hit.slice(-3).map(strip) };
}
class Problem extends Error { constructor(status, title, detail, more = {}) { super(detail); Object.assign(this, { status, title, more }); } }
const kTopics = [['ingest', 2], ['analysis', 2], ['sentiment', 2], ['windows', 1], ['redactions', 1], ['tasks', 1]];

const api = {
  'GET status': () => status(),
  'GET tasks': () => ({ tasks: tasks.map((t) => ({ ...t, posts_24h: once(`day|${t.tag}`, () => [...between(clockNow() - 86_400_000, clockNow(), inTask(t.tag))].length) })) }),
  'POST tasks': (q, body) => {
    const check = checkRule(body.rule ?? '');
    if (!check.valid) throw new Problem(400, 'the rule has an error', check.error, { column: check.column, hint: check.hint });
    if (tasks.some((t) => t.tag === body.tag)) throw new Problem(409, 'the task exists', `there is a task "${body.tag}" already`, { hint: 'change that one, or choose another name' });
    const task = { tag: body.tag, rule: body.rule, revision: 1, active: true, since: iso(clockNow()) };
    tasks.push(task);
    return [201, task];
  },
  'POST rules/check': (q, body) => checkRule(body.rule ?? ''),
  'GET posts': (q) => {
    const [from, to] = span(q);
    const limit = Math.min(500, Number(q.get('limit') ?? 50));
    const keep = filterOf(q);
    let i = Math.min(lowerBound(to), q.get('cursor') ? Number(q.get('cursor')) : Infinity) - 1;
    const out = [];
    for (; i >= 0 && posts[i].ms >= from && out.length < limit; i--) if (keep(posts[i])) out.push(strip(posts[i]));
    const more = i >= 0 && posts[i].ms >= from;
    return { posts: out, next: more ? String(i + 1) : null, scanned_to: iso(posts[Math.max(0, i)]?.ms ?? from), complete: true, took_ms: 3.2 };
  },
  'GET series': (q) => {
    const [from, to] = span(q);
    const first = Math.max(from, posts[0]?.ms ?? to);
    const size = { '1m': kMinute, '15m': 15 * kMinute, '1h': 60 * kMinute }[q.get('size')] ?? (to - first > 8 * 86_400_000 ? 3_600_000 : to - first > 25 * 3_600_000 ? 900_000 : kMinute);
    const tag = q.get('task') ?? '*';
    const wanted = Number(q.get('topics') ?? 0);
    const topics = wanted ? top(between(from, to, inTask(tag)), (p) => p.topics ?? [], wanted).map((t) => t.key) : undefined;
    return { task: tag, size_ms: size, from: iso(from), to: iso(to), topics, windows: windows(from, to, size, inTask(tag), topics) };
  },
  'GET summary': (q) => {
    const [from, to] = span(q);
    const list = [...between(from, to, inTask(q.get('task')))];
    const kinds = { post: 0, repost: 0, reply: 0, quote: 0 };
    for (const p of list) kinds[p.kind]++;
    return { task: q.get('task') ?? '*', from: iso(from), to: iso(to), ...fold(list), kinds, languages: top(list, (p) => [p.lang]), countries: top(list, (p) => [p.country]), hashtags: top(list, (p) => p.hashtags), words: top(list, wordsOf), entities: top(list, (p) => p.entities ?? []), topics: top(list, (p) => p.topics ?? []), approximate: list.length > 50_000 };
  },
  'GET keywords': (q) => once(`keywords|${q}`, () => {
    const [from, to] = span(q);
    const keep = filterOf(q);
    const newest = [...between(from, to, keep)].slice(-4000);
    const lang = top(newest, (p) => [p.lang], 1)[0]?.key ?? '';
    const mine = newest.filter((p) => p.lang === lang);
    const texts = [...new Set(mine.map((p) => p.content.replace(/\s*#\S+/gu, '')))];
    const phrases = texts.flatMap((t) => [...t.matchAll(/(?<!\p{L})\p{Lu}?[\p{L}]{4,}(?: \p{L}{4,})?/gu)].map((m) => m[0]));
    const counts = top(phrases.map((text) => ({ text })), (p) => [p.text], 100);
    return { lang, posts: mine.length, texts: texts.length, keywords: counts.map(({ key, count }) => ({ text: key, count, score: 1 / (count * (key.includes(' ') ? 9 : 2) + key.length) })).sort((a, b) => a.score - b.score).slice(0, Number(q.get('limit') ?? 20)) };
  }),
  'GET pulse': () => once('pulse', () => {
    const now = clockNow();
    const minute = Math.floor(now / kMinute) * kMinute;
    const row = (tag, rule) => {
      const keep = inTask(tag);
      const part = (ms) => { const f = fold(between(now - ms, now, keep)); return { posts: f.posts, ...f.labels, labels: f.labels }; };
      return { tag, rule, posts_total: tag === '*' ? posts.length : once(`total|${tag}|${Math.floor(Date.now() / 60_000)}`, () => posts.filter(keep).length), rate_now: [...between(now - kMinute, now, keep)].length / 60, spark: spark(minute - 59 * kMinute, minute + kMinute, keep), mood: spark(minute - 59 * kMinute, minute + kMinute, keep, (l) => (l.length ? l.reduce((s, p) => s + p.pos - p.neg, 0) / l.length : null)), last_hour: part(3_600_000), last_day: part(86_400_000), last_15m: part(900_000) };
    };
    return { now: iso(now), tasks: [row('*', ''), ...tasks.map((t) => row(t.tag, t.rule))], rising: trends('hashtag', 'all', 8), newest: posts.slice(-10).reverse().map(strip) };
  }),
  'GET trending': (q) => ({ time: iso(clockNow()), trends: q.get('kind') && q.get('kind') !== 'hashtag' ? [] : trends('hashtag', q.get('scope') ?? 'all', Number(q.get('limit') ?? 20)) }),
  'GET topics': () => ({ topics: kTopics.map(([name, n]) => ({ name, partitions: Array.from({ length: n }, (_, p) => ({ partition: p, begin: 0, end: Math.floor(posts.length / n), bytes: posts.length * 140 })), records: posts.length, bytes: posts.length * 280, retention_ms: 604_800_000, groups: [{ group: 'analyze', committed: Object.fromEntries(Array.from({ length: n }, (_, p) => [p, Math.floor(posts.length / n) - 6])), lag: 6 * n }] })) }),
  'GET deadletters': (q) => { const list = q.get('state') === 'replayed' ? usedLetters : dead; return { dead_letters: list.slice(0, Number(q.get('limit') ?? 50)), next: null, total: list.length }; },
  'POST deadletters/replay': (q, body) => [202, replayLetters(body)],
  'GET schema': () => ({ tables: [
    { name: 'posts', kind: 'table', columns: [['id', 'VARCHAR', 'the network\'s own id'], ['time', 'TIMESTAMP', 'event time, UTC'], ['task', 'VARCHAR', 'first rule that matched'], ['lang', 'VARCHAR', 'language'], ['content', 'VARCHAR', 'the text'], ['neg', 'FLOAT'], ['neu', 'FLOAT'], ['pos', 'FLOAT'], ['label4', 'VARCHAR', 'negative, neutral, positive, mixed']].map(([name, type, help]) => ({ name, type, help })) },
    { name: 'windows', kind: 'table', columns: [['task', 'VARCHAR'], ['window_start', 'TIMESTAMP'], ['window_size', 'INTEGER'], ['posts', 'BIGINT'], ['revision', 'INTEGER']].map(([name, type]) => ({ name, type })) },
    { name: 'sentiment_labels', kind: 'view', columns: [['word', 'VARCHAR'], ['polarity', 'DOUBLE'], ['subjectivity', 'DOUBLE'], ['sentiment_analysis', 'VARCHAR']].map(([name, type]) => ({ name, type })) },
  ] }),
  'POST sql': (q, body) => {
    const text = String(body.query ?? '');
    if (!/^\s*(select|with|show|describe|from)/i.test(text)) throw new Problem(400, 'only reading is allowed', 'this statement would change something', { hint: 'begin with SELECT' });
    if (/error/i.test(text)) throw new Problem(400, 'the query has an error', 'Binder Error: column "error" not found in FROM clause', { hint: 'the tables and their columns are listed beside the editor', column: 8 });
    const now = clockNow();
    if (/minute|time|window/i.test(text)) return { columns: [{ name: 'window_start', type: 'TIMESTAMP' }, { name: 'posts', type: 'BIGINT' }, { name: 'negative', type: 'BIGINT' }], rows: windows(now - 3_600_000, now, kMinute, () => true).map((w) => [w.start.replace('T', ' ').slice(0, 19), w.posts, w.labels.negative]), truncated: false, seconds: 0.012 };
    return { columns: [{ name: 'lang', type: 'VARCHAR' }, { name: 'posts', type: 'BIGINT' }, { name: 'avg_polarity', type: 'DOUBLE' }], rows: top(posts, (p) => [p.lang]).map((r, i) => [r.key, r.count, 0.21 - i * 0.041]), truncated: false, seconds: 0.034 };
  },
  'POST analyze': (q, body) => ({ results: (body.texts ?? []).map((text) => {
    const good = { beautiful: 0.85, love: 0.7, lovely: 0.6, great: 0.8, happy: 0.8, best: 0.9, thank: 0.4, good: 0.7 };
    const bad = { hate: -0.8, terrible: -1, awful: -0.9, late: -0.3, miserable: -0.9, sad: -0.5, bad: -0.7, worst: -1, queue: -0.2 };
    const weights = [];
    for (const m of text.matchAll(/\p{L}+/gu)) { const w = m[0].toLowerCase(); const v = good[w] ?? bad[w]; if (v) { const begin = [...text.slice(0, m.index)].length; weights.push({ text: m[0], begin, end: begin + [...m[0]].length, v }); } }
    const p = weights.filter((w) => w.v > 0).reduce((s, w) => s + w.v, 0), n = -weights.filter((w) => w.v < 0).reduce((s, w) => s + w.v, 0);
    const z = Math.exp(p * 2) + Math.exp(n * 2) + 1.4;
    const [pos, neg, neu] = [Math.exp(p * 2) / z, Math.exp(n * 2) / z, 1.4 / z];
    const label = pos > neg && pos > neu ? 'positive' : neg > neu ? 'negative' : 'neutral';
    const mixed = clamp(Math.min(p, n) * 1.2);
    const none = 1 / (1 + p + n);
    const heat = { anger: (1 - none) * n / (p + n || 1) * 0.6, joy: (1 - none) * p / (p + n || 1) * 0.7, optimism: (1 - none) * p / (p + n || 1) * 0.3, sadness: (1 - none) * n / (p + n || 1) * 0.4 };
    const felt = Object.entries(heat).sort((a, b) => b[1] - a[1])[0];
    const names = [...text.matchAll(/\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+/gu)].map((m) => ({ text: m[0], type: 'person', begin: [...text.slice(0, m.index)].length, end: [...text.slice(0, m.index)].length + [...m[0]].length }));
    return { sentiment: { neg, neu, pos, label }, ...(flag('no-emotion') ? {} : { emotion: { label: felt[1] > none ? felt[0] : 'none', none, ...heat }, tone: { irony: clamp(mixed * 0.8), offensive: clamp(n * 0.2), hate: clamp(n * 0.05) } }), entities: names, ...(flag('no-topics') ? {} : { topics: topicsOf(text).map((name, i) => ({ name, score: 0.9 - i * 0.3 })) }), mixed, label4: mixed > 0.5 ? 'mixed' : label, polarity: weights.length ? (p - n) / weights.length : 0, subjectivity: clamp(weights.length * 0.35), lang: /[а-я]/i.test(text) ? 'ru' : /[\u0600-\u06ff]/.test(text) ? 'ar' : 'en', hashtags: [...text.matchAll(/#([\p{L}\p{N}_]+)/gu)].map((m) => m[1]), mentions: [...text.matchAll(/@(\w+)/g)].map((m) => m[1]), cashtags: [], links: text.match(/https?:\S+/g) ?? [], emoji: text.match(/\p{Extended_Pictographic}/gu) ?? [],
      explain: { sentiment: weights.map((w) => ({ text: w.text, begin: w.begin, end: w.end, negative: w.v < 0 ? -w.v : -w.v / 3, neutral: -0.1, positive: w.v > 0 ? w.v : w.v / 3 })), polarity: weights.map((w) => ({ text: w.text, polarity: w.v, subjectivity: Math.abs(w.v) })) } };
  }), models: { sentiment: 'sentiment-fast/1', polarity: 'pattern/0.20.1', language: 'ngram/1', entities: 'entities-fast/1', ...(flag('no-topics') ? {} : { topics: 'topics-fast/1' }), ...(flag('no-emotion') ? {} : { emotion: 'emotion-fast/1', irony: 'irony-fast/1', offensive: 'offensive-fast/1', hate: 'hate-fast/1' }) } }),
};
function special(method, name, q, body) {
  let m;
  if ((m = /^tasks\/(.+)$/.exec(name))) {
    const tag = decodeURIComponent(m[1]);
    const task = tasks.find((t) => t.tag === tag);
    if (!task) throw new Problem(404, 'no such task', `there is no task "${tag}"`);
    if (method === 'DELETE') { tasks.splice(tasks.indexOf(task), 1); return [204, undefined]; }
    const check = checkRule(body.rule ?? '');
    if (!check.valid) throw new Problem(400, 'the rule has an error', check.error, { column: check.column, hint: check.hint });
    Object.assign(task, { rule: body.rule, revision: task.revision + 1 });
    return task;
  }
  if ((m = /^(hashtags|subjects)\/(.+)$/.exec(name))) {
    const isTag = m[1] === 'hashtags';
    const key = decodeURIComponent(m[2]);
    const same = (other) => other.toLowerCase() === key.toLowerCase();
    const keep = isTag ? (p) => p.hashtags.some(same) : (p) => p.topics?.includes(key);
    const [from, to] = span(q);
    const list = [...between(from, to, keep)];
    const size = to - Math.max(from, posts[0]?.ms ?? to) > 25 * 3_600_000 ? 900_000 : kMinute;
    const texts = new Set(list.map((p) => p.content)).size;
    const tags = top(list, (p) => p.hashtags.filter((h) => !isTag || !same(h)));
    return { ...(isTag ? { tag: key, cohashtags: tags, trend: trends().find((t) => same(t.key)) ?? null } : { topic: key, hashtags: tags }), ...fold(list), first_posts: list.slice(0, 5).map(strip), newest: list.slice(-10).reverse().map(strip), words: top(list, wordsOf), entities: top(list, (p) => p.entities ?? []), topics: top(list, (p) => (p.topics ?? []).filter((t) => isTag || t !== key)), languages: top(list, (p) => [p.lang]), texts, copy_share: list.length ? 1 - texts / list.length : 0, series: windows(from, to, size, keep), size_ms: size };
  }
  if ((m = /^topics\/([^/]+)\/records$/.exec(name))) {
    const end = Math.floor(posts.length / 2);
    const limit = Number(q.get('limit') ?? 50);
    let offset = Number(q.get('offset') ?? -1);
    if (offset < 0) offset = Math.max(0, end - limit);
    const part = Number(q.get('partition') ?? 0);
    const records = [];
    for (let o = offset; o < Math.min(end, offset + limit); o++) { const p = posts[o * 2 + part]; if (p) records.push({ partition: part, offset: o, arrival: p.time, timestamp: p.time, key: p.key, value: o % 37 === 5 ? null : strip(p), bytes: 180 + p.content.length, blanked: o % 37 === 5 }); }
    return { records, next: offset + limit < end ? offset + limit : null, end };
  }
  if ((m = /^posts\/(?!export)(.+)$/.exec(name))) { const p = posts.find((x) => x.id === m[1]); if (!p) throw new Problem(404, 'no such post', 'there is no post of this id'); return strip(p); }
  throw new Problem(404, 'no such address', `${method} /api/v1/${name} does not exist`, { hint: 'see /openapi.json' });
}

// --- live
let eventId = 0;
const ring = [];
const listeners = new Set();
function emit(event, data) {
  const item = { id: ++eventId, event, data };
  ring.push(item);
  if (ring.length > 1000) ring.shift();
  for (const l of listeners) l.send(item);
}
let sent = posts.length;
let owed = 0;
let tick = 0;
if (!replayed && !flag('empty') && !program) setInterval(() => {
  const now = Date.now();
  owed += rateAt(now) / 4;
  while (owed >= 1) { owed -= 1; posts.push(makePost(now - Math.floor(random() * 200))); }
  const fresh = posts.slice(sent);
  sent = posts.length;
  const second = [...between(now - 1000, now + 1)];
  const perTask = {};
  for (const t of [{ tag: '*' }, ...tasks]) { const mine = second.filter(inTask(t.tag)); const f = fold(mine).labels; perTask[t.tag] = { posts: mine.length, neg: f.negative, neu: f.neutral, pos: f.positive, mixed: f.mixed }; }
  const rate = [...between(now - 3000, now + 1)].length / 3;
  emit('stats', { now: iso(now), rate, posts_total: posts.length, tasks: perTask });
  if (fresh.length) emit('post', { posts: fresh.slice(-20).reverse().map(strip) });
  if (++tick % 4 === 0) {
    const start = Math.floor(now / kMinute) * kMinute;
    emit('window', { windows: [{ tag: '*' }, ...tasks].flatMap((t) => windows(start, now + 1, kMinute, inTask(t.tag)).map((w) => ({ ...w, revision: tick, task: t.tag, size_ms: kMinute }))) });
  }
  if (tick % 20 === 0) { emit('trend', { trends: trends() }); emit('status', status()); }
}, 250);
function liveStream(request, response, q) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const wanted = new Set((q.get('events') ?? 'stats,post,window,trend,status').split(','));
  const task = q.get('task');
  const listener = { send: (item) => {
    if (!wanted.has(item.event) && item.event !== 'reset') return;
    let data = item.data;
    if (task && item.event === 'post') { data = { posts: data.posts.filter(inTask(task)) }; if (!data.posts.length) return; }
    response.write(`id: ${item.id}\nevent: ${item.event}\ndata: ${JSON.stringify(data)}\n\n`);
  } };
  const last = Number(request.headers['last-event-id'] ?? q.get('last_event_id') ?? 0);
  if (last) { if (ring.length && ring[0].id <= last + 1) ring.filter((i) => i.id > last).forEach(listener.send); else response.write('event: reset\ndata: {}\n\n'); }
  else response.write(`id: ${eventId}\nevent: stats\ndata: ${JSON.stringify({ now: iso(clockNow()), rate: status().rate, posts_total: posts.length, tasks: {} })}\n\n`);
  listeners.add(listener);
  const alive = setInterval(() => response.write(': keep-alive\n\n'), 15_000);
  request.on('close', () => { listeners.delete(listener); clearInterval(alive); });
}

// --- http
const kTypes = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const kCsp = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
createServer(async (request, response) => {
  const url = new URL(request.url, 'http://x');
  try {
    if (program && /^\/(api\/|openapi\.json|metrics|healthz|readyz|es\/)/.test(url.pathname)) {
      const onward = forward(program + request.url, { method: request.method, headers: { ...request.headers, host: new URL(program).host } }, (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
      onward.on('error', () => response.destroy());
      response.on('close', () => onward.destroy());
      return void request.pipe(onward);
    }
    if (url.pathname.startsWith('/api/v1/')) {
      if (flag('fail') && !url.pathname.endsWith('/status')) throw new Problem(503, 'the store does not answer', 'the store is being repaired', { hint: 'wait a minute; Health shows the progress' });
      if (token && request.headers.authorization !== `Bearer ${token}` && url.searchParams.get('token') !== token) throw new Problem(401, 'a token is needed', 'this address asks for a token', { hint: 'send Authorization: Bearer TOKEN' });
      const name = url.pathname.slice(8);
      if (name === 'live') return liveStream(request, response, url.searchParams);
      let text = '';
      for await (const chunk of request) text += chunk;
      let body = {};
      if (text) try { body = JSON.parse(text); } catch { throw new Problem(400, 'the body is not JSON', 'the body could not be read'); }
      if (name === 'posts/export' || name === 'sql/export') {
        response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Disposition': 'attachment' });
        return response.end(JSON.stringify(api['GET posts'](url.searchParams).posts));
      }
      const handler = api[`${request.method} ${name}`];
      let answer = handler ? handler(url.searchParams, body) : special(request.method, name, url.searchParams, body);
      let code = 200;
      if (Array.isArray(answer)) [code, answer] = answer;
      response.writeHead(code, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
      return response.end(answer === undefined ? '' : JSON.stringify(answer));
    }
    const file = /^\/(assets\/[\w.-]+|favicon\.svg)$/.test(url.pathname) ? url.pathname.slice(1) : 'index.html';
    const bytes = await readFile(path.join(dist, file));
    response.writeHead(200, { 'Content-Type': kTypes[path.extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': kCsp, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': file.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache' });
    response.end(bytes);
  } catch (error) {
    const status = error.status ?? (error.code === 'ENOENT' ? 404 : 500);
    if (!error.status && error.code !== 'ENOENT') console.error(error);
    if (!response.headersSent) response.writeHead(status, { 'Content-Type': 'application/problem+json' });
    response.end(JSON.stringify({ type: 'about:blank', title: error.title ?? 'not found', status, detail: error.message, instance: url.pathname, ...(error.more ?? {}) }));
  }
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}  ${posts.length} posts`));
