// The live stream: server-sent events over fetch, so that the token travels in a header and the last
// event id survives any kind of break. Parsing is eventsource-parser's.
import { batch, signal } from '@preact/signals';
import { createParser } from 'eventsource-parser';
import { authHeaders, needToken, withParams } from './client';
import type { Post, StatsEvent, Status, Trend, WindowEvent } from './types';

export type Connection = 'connecting' | 'open' | 'lost';
export const connection = signal<Connection>('connecting');
export const lostSince = signal<number | null>(null);
export const stats = signal<StatsEvent | null>(null);
export const latestPosts = signal<Post[]>([]);
export const latestWindows = signal<WindowEvent['windows']>([]);
export const latestTrends = signal<Trend[] | null>(null);
export const latestStatus = signal<Partial<Status> | null>(null);
/// Counts what was missed beyond repair: whoever shows data fetches it anew when this changes.
export const resets = signal(0);
/// Counts applied updates; the heartbeat in the masthead and the tests look at it.
export const updates = signal(0);

const kFlushEveryMs = 250;     // At most four updates a second reach the page.
const kSilenceMs = 40_000;     // The server sends a comment every 15 s; longer silence is a dead connection.
const kRetryMs = [500, 1000, 2000, 4000, 8000];

interface Buffer { stats: StatsEvent | null; posts: Post[]; windows: WindowEvent['windows']; trends: Trend[] | null; status: Partial<Status> | null; reset: boolean }
const emptyBuffer = (): Buffer => ({ stats: null, posts: [], windows: [], trends: null, status: null, reset: false });

let buffer = emptyBuffer();
let flushTimer: number | undefined;
let lastFlush = 0;
let lastId = '';
let task = '';
let running: AbortController | null = null;

function flush(): void {
  flushTimer = undefined;
  lastFlush = performance.now();
  const got = buffer;
  buffer = emptyBuffer();
  batch(() => {
    if (got.stats) stats.value = got.stats;
    if (got.posts.length) latestPosts.value = got.posts;
    if (got.windows.length) latestWindows.value = got.windows;
    if (got.trends) latestTrends.value = got.trends;
    if (got.status) latestStatus.value = got.status;
    if (got.reset) resets.value++;
    updates.value++;
  });
}
function schedule(): void {
  if (flushTimer !== undefined) return;
  flushTimer = window.setTimeout(flush, Math.max(0, lastFlush + kFlushEveryMs - performance.now()));
}

function take(kind: string, data: string): void {
  if (kind === 'reset') {
    buffer.reset = true;
    schedule();
    return;
  }
  let value: unknown;
  try { value = JSON.parse(data); } catch { return; } // Half an event: the next one tells the same and more.
  switch (kind) {
    case 'stats': buffer.stats = value as StatsEvent; break;
    case 'post': buffer.posts = [...(value as { posts: Post[] }).posts, ...buffer.posts].slice(0, 40); break;
    case 'window': buffer.windows = [...buffer.windows, ...(value as WindowEvent).windows].slice(-500); break;
    case 'trend': buffer.trends = (value as { trends: Trend[] }).trends; break;
    case 'status': buffer.status = value as Partial<Status>; break;
    default: return;
  }
  schedule();
}

function wait(ms: number, abort: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(finish, ms);
    function finish() { clearTimeout(timer); abort.removeEventListener('abort', finish); window.removeEventListener('online', finish); done(); }
    abort.addEventListener('abort', finish);
    window.addEventListener('online', finish);
  });
}

async function run(abort: AbortController): Promise<void> {
  let failures = 0;
  while (!abort.signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    abort.signal.addEventListener('abort', stop);
    let silence: number | undefined;
    const heard = () => { clearTimeout(silence); silence = window.setTimeout(stop, kSilenceMs); };
    try {
      heard();
      const headers: Record<string, string> = { Accept: 'text/event-stream', ...authHeaders() };
      if (lastId) headers['Last-Event-ID'] = lastId;
      const open = (of: string) => fetch(withParams('/api/v1/live', { events: 'stats,post,window,trend,status', task: of }), { headers, signal: attempt.signal, cache: 'no-store' });
      let response = await open(task);
      // A task that never was has no stream. The page says so; its masthead goes on with the stream of all.
      if (response.status === 404 && task) response = await open('');
      if (response.status === 401) needToken();
      if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
      failures = 0;
      batch(() => { connection.value = 'open'; lostSince.value = null; });
      const parser = createParser({
        onEvent: (event) => { if (event.id) lastId = event.id; take(event.event ?? 'message', event.data); },
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        heard();
        parser.feed(value);
      }
    } catch { /* Every way to fail ends the same: say so, wait, try again. */ }
    clearTimeout(silence);
    abort.signal.removeEventListener('abort', stop);
    if (abort.signal.aborted) return;
    batch(() => {
      connection.value = 'lost';
      lostSince.value ??= Date.now();
    });
    await wait(kRetryMs[Math.min(failures++, kRetryMs.length - 1)] ?? 8000, abort.signal);
  }
}

/// (Re)opens the stream for a task ("" for all). Keeps the last id, so nothing is missed in between.
export function listen(forTask: string): void {
  if (running && forTask === task) return;
  running?.abort();
  task = forTask;
  running = new AbortController();
  void run(running);
}
/// Tries again at once: the button on the lost-connection notice, and after a token was given.
export function reconnect(): void {
  running?.abort();
  running = new AbortController();
  void run(running);
}
