// What is looked at: page, task, time range, live or paused. All of it lives in the URL, so that every
// view can be sent to a colleague and the back button works.
import { computed, effect, signal } from '@preact/signals';
import { navigate as wouterNavigate } from 'wouter-preact/use-browser-location';
import { connection, latestStatus, listen, stats } from '../api/live';
import type { Status } from '../api/types';
import { iso, millis } from '../lib/format';
import { interval, isLive, panned, parseRange, windowSize, zoomed, type Interval, type Range, type SpanName } from '../lib/range';

export const path = signal(location.pathname);
export const search = signal(location.search);
/// Follows the address bar, whoever changed it.
function follow(): void {
  path.value = location.pathname;
  search.value = location.search;
}
for (const event of ['popstate', 'pushState', 'replaceState', 'hashchange']) addEventListener(event, follow);

export const params = computed(() => new URLSearchParams(search.value));
export const range = computed<Range>(() => parseRange(params.value));
export const live = computed(() => isLive(range.value));
export const embed = computed(() => params.value.get('embed') === '1');
export const wall = computed(() => params.value.get('wall') === '1');

/// "*" is the whole stream.
export const task = computed<string>(() => {
  const match = /^\/task\/(.+)$/.exec(path.value);
  if (match) { try { return decodeURIComponent(match[1] ?? '*'); } catch { return '*'; } }
  return params.value.get('task') || '*';
});

// --- now: the stream's, never this computer's. A replay of 2016 is in 2016.
export const status = signal<Status | null>(null);
const statusNow = computed(() => millis(latestStatus.value?.now ?? status.value?.now));
export const now = computed<number>(() => Math.max(millis(stats.value?.now) ?? 0, statusNow.value ?? 0) || Date.now());
export const nowKnown = computed(() => stats.value !== null || status.value !== null);
/// A moving range is known once the stream has told what time it has: it may be 2016 there.
export const viewKnown = computed(() => range.value.from !== null || (nowKnown.value && (range.value.span !== null || mode.value !== 'replay' || hurries.value !== null)));
export const mode = computed(() => latestStatus.value?.mode ?? status.value?.mode ?? 'live');
/// A replay in which a minute passes in less than two seconds: what rises "now" is over before it is read. Null: not known yet.
const kHurry = 30;
const kPaceMs = 1200;
const kCertainRate = 1000;
const hurries = signal<boolean | null>(null);
let paced: { wall: number; now: number }[] = [];
effect(() => {
  const mark = { wall: performance.now(), now: now.value };
  if (mode.value === 'done') hurries.value = true; // As it was; a dead letter that is replayed later changes nothing.
  if (!nowKnown.value || mode.value !== 'replay') { paced = []; return; }
  paced = [...paced.filter((m) => mark.wall - m.wall < 6000), mark];
  // Nobody writes thousands of posts a second.
  if (hurries.peek() === null && (stats.peek()?.rate ?? status.peek()?.rate ?? 0) > kCertainRate) hurries.value = true;
  const first = paced[0]!;
  const passed = mark.wall - first.wall;
  if (passed > kPaceMs) hurries.value = Math.abs(mark.now - first.now) / passed > kHurry;
  // Nothing moves: a slow replay, or no stream that would tell; then the more careful words are right.
  else if (paced.length === 1 && hurries.peek() === null) setTimeout(() => { hurries.value ??= connection.peek() !== 'open' || (now.peek() - first.now) / (performance.now() - first.wall) > kHurry; }, 2 * kPaceMs);
});
/// The question is what was in the span, not what is now: held still, or a replay that is over or runs through hours.
export const inThePast = computed(() => !live.value || mode.value === 'done' || (mode.value === 'replay' && hurries.value !== false));
/// A file that is over, or rushes by, is shown whole: its last hour may be a quiet night years ago.
export const defaultSpan = computed<SpanName>(() => (mode.value === 'done' || (mode.value === 'replay' && hurries.value !== false) ? 'all' : '1h'));
export const spanName = computed<SpanName>(() => range.value.span ?? defaultSpan.value);

export const view = computed<Interval>(() => interval(range.value, defaultSpan.value, now.value, null));
export const viewSize = computed(() => windowSize(view.value.to - view.value.from));
/// The interval at this moment, for requests that need not follow every tick.
export const viewNow = (): Interval => view.peek();

/// What a request for the span in view asks for; a moving end is left to the server.
export function spanRequest() {
  const at = viewNow();
  const fixed = range.peek().from !== null;
  return { from: !fixed && spanName.peek() === 'all' ? undefined : iso(at.from), to: fixed ? iso(at.to) : undefined };
}
export const spanKey = () => JSON.stringify([range.value, spanName.value]);
/// A key for useResource, once it is known what time the stream has.
export const whenKnown = (key: string): string | null => (viewKnown.value ? key : null);

export function go(to: string, replace = false): void {
  wouterNavigate(to, { replace });
  follow();
}

const kKept = ['range', 'from', 'to', 'task', 'embed', 'wall'] as const;
type Extra = Record<string, string | number | null | undefined>;
/// An address on this site that keeps the range and the task; `extra` adds to it, null removes.
export function href(to: string, extra: Extra = {}): string {
  const query = new URLSearchParams();
  for (const key of kKept) {
    const value = params.value.get(key);
    if (value && key !== 'wall' && key !== 'embed') query.set(key, value);
  }
  if (to.startsWith('/task/')) query.delete('task');
  else if (path.value.startsWith('/task/') && task.value !== '*') query.set('task', task.value);
  for (const [key, value] of Object.entries(extra)) {
    if (value === null || value === undefined || value === '') query.delete(key);
    else query.set(key, String(value));
  }
  const text = query.toString().replaceAll('%3A', ':');
  return text ? `${to}?${text}` : to;
}
export const taskHref = (tag: string) => (tag === '*' ? href('/', { task: null }) : href(`/task/${encodeURIComponent(tag)}`));
export const topicHref = (topic: string) => href(`/topic/${encodeURIComponent(topic)}`);
export const tagHref = (tag: string) => href(`/tag/${encodeURIComponent(tag.replace(/^#/, ''))}`);

export interface PostFilter {
  task?: string; label4?: string; lang?: string; author?: string; source?: string; kind?: string; hashtag?: string; country?: string; entity?: string; emotion?: string; topic?: string; q?: string;
  from?: number; to?: number;
}
/// The posts behind a number. Without from and to: those of the view.
export function postsHref(filter: PostFilter): string {
  const { from, to, task: tag, ...rest } = filter;
  const fixed = from !== undefined && to !== undefined ? { from: iso(from), to: iso(to) } : {};
  return href('/posts', { ...(tag !== undefined ? { task: tag === '*' ? null : tag } : {}), ...rest, ...fixed });
}

/// Changes some parameters of the present address.
export function setParams(changes: Extra, replace = false): void {
  const query = new URLSearchParams(search.value);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') query.delete(key);
    else query.set(key, String(value));
  }
  const text = query.toString().replaceAll('%3A', ':');
  go(text ? `${path.value}?${text}` : path.value, replace);
}

export function setSpan(name: SpanName): void {
  setParams({ range: name, from: null, to: null });
}
export function setInterval_(next: Interval): void {
  setParams({ range: spanName.value, from: iso(next.from), to: iso(next.to) });
}
/// Holds the picture still: the moving range becomes a fixed one.
export function pause(): void {
  if (!live.value) return;
  const fixed = viewNow();
  setParams({ range: spanName.value, from: iso(fixed.from), to: iso(fixed.to) }, true);
}
export function resume(): void {
  if (!live.value) setParams({ from: null, to: null });
}
export function setTask(tag: string): void {
  if (path.value.startsWith('/task/')) go(tag === '*' ? href('/', { task: null }) : href(`/task/${encodeURIComponent(tag)}`));
  else setParams({ task: tag === '*' ? null : tag });
}
/// Keeps the live stream on the task in view.
export function followTask(): void {
  listen(task.value === '*' ? '' : task.value);
}
export const panBy = (share: number) => setInterval_(panned(viewNow(), share));
export const zoomBy = (factor: number) => setInterval_(zoomed(viewNow(), factor));
