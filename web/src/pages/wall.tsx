// The wall: large type, one subject at a time, turning by itself. Readable from the other side of the room.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { connection, stats } from '../api/live';
import type { Post, PulseTask, Trend } from '../api/types';
import { clockSeconds, count, percent, rate, signed, zoneName, date } from '../lib/format';
import { headline, moodWords, recentMood } from '../lib/headline';
import { beginning } from '../lib/segments';
import { kLabels, kSigns, shareOf } from '../lib/series';
import { zone } from '../state/prefs';
import { go, href, mode, now, params, setParams } from '../state/view';
import { Trace } from '../ui/shell';
import { MoodSpark, Spark } from '../ui/sparkline';
import { labelsOfSpan, minuteOf, usePulse, useRising } from './pulse';

const kTurnMs = 12_000;
/// Heights of charts grow with the screen, as the type does.
const high = (share: number, least: number) => Math.max(least, Math.round(innerHeight * share));
type Slide = { kind: 'task'; task: PulseTask } | { kind: 'rising'; trends: readonly Trend[] } | { kind: 'posts'; posts: Post[] };

export function WallPage() {
  const pulse = usePulse();
  const [at, setAt] = useState(0);
  const [held, setHeld] = useState(false);
  const p = pulse.data;
  const { trends, past } = useRising(p?.rising ?? []);
  const slides = useMemo<Slide[]>(() => {
    if (!p) return [];
    const only = params.value.get('task');
    const tasks = only ? p.tasks.filter((t) => t.tag === only) : p.tasks;
    return [...tasks.map((task): Slide => ({ kind: 'task', task })), ...(trends.length ? [{ kind: 'rising', trends } as Slide] : []), ...(p.newest.length ? [{ kind: 'posts', posts: p.newest } as Slide] : [])];
  }, [p, trends]);
  const length = Math.max(1, slides.length);
  useEffect(() => {
    if (held) return;
    const timer = setInterval(() => setAt((n) => n + 1), Number(params.value.get('turn')) * 1000 || kTurnMs);
    return () => clearInterval(timer);
  }, [held, at]);
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.key === 'ArrowRight') setAt((n) => n + 1);
      else if (e.key === 'ArrowLeft') setAt((n) => n - 1 + length);
      else if (e.key === ' ') setHeld((h) => !h);
      else if (e.key === 'Escape') go(href('/'));
      else return;
      e.preventDefault();
      e.stopImmediatePropagation();
    };
    addEventListener('keydown', onKey, true);
    return () => removeEventListener('keydown', onKey, true);
  }, [length]);
  const index = ((at % length) + length) % length;
  const slide = slides[index];
  return (
    <div class="wall" style={{ '--wall-trace': `${high(0.08, 72)}px` } as never}>
      <header class="wall-head paper"><span class="wordmark">heartbeat</span><Trace height={high(0.08, 72)} /><p class="wall-rate"><b>{rate(stats.value?.rate ?? p?.tasks[0]?.rate_now)}</b> posts/s</p></header>
      <main id="main" class="wall-main" tabIndex={-1} aria-live="off">
        {!slide ? <h1>{!pulse.error ? 'Listening…' : pulse.error.status === 0 ? 'No answer from heartbeat. Trying again.' : `No figures at this moment: ${pulse.error.detail || pulse.error.title}. Trying again.`}</h1> : slide.kind === 'task' ? <TaskSlide task={slide.task} line={p ? headline(p, slide.task.tag, mode.value === 'done').text : ''} /> : slide.kind === 'rising' ? <RisingSlide trends={slide.trends} past={past} /> : <PostSlide posts={slide.posts} />}
      </main>
      <footer class="wall-foot">
        <ol aria-label="Pictures">{slides.map((s, i) => <li key={i}><button type="button" aria-current={i === index} aria-label={s.kind === 'task' ? (s.task.tag === '*' ? 'Everything' : s.task.tag) : s.kind === 'rising' ? 'Rising' : 'Newest posts'} onClick={() => setAt(i)} /></li>)}</ol>
        <p>{held && <b>held · </b>}{connection.value === 'lost' && !pulse.error && <b class="is-warn">connection lost, trying again · </b>}{mode.value !== 'live' && `${date(now.value, zone.value)} · `}<b class="wall-clock">{clockSeconds(now.value, zone.value)}</b> {zoneName(zone.value, now.value)} <a href={href('/')} onClick={(e) => { e.preventDefault(); setParams({ wall: null, turn: null }); }}>leave the wall</a></p>
      </footer>
    </div>
  );
}

function TaskSlide({ task, line }: { task: PulseTask; line: string }) {
  const labels = labelsOfSpan(task.last_hour);
  const mood = recentMood(task);
  return (
    <section class="wall-task">
      <p class="wall-kicker" dir="auto">{task.tag === '*' ? 'Everything' : task.tag}</p>
      <h1 dir="auto">{line}</h1>
      <div class="wall-figures">
        <div><b>{rate(task.rate_now)}</b><span>posts a second</span></div>
        <div><b>{signed(mood)}</b><span>mood, {moodWords(mood) || 'unknown'}</span></div>
        <div><b>{count(task.last_hour.posts)}</b><span>in the last hour</span></div>
      </div>
      <div class="wall-curves"><div><Spark values={task.spark} height={high(0.17, 110)} label="Posts a minute, last hour" /><p aria-hidden="true">posts a minute{mode.value === 'done' ? ', the last hour' : ', an hour to now'}</p></div><div><MoodSpark values={task.mood} height={high(0.17, 110)} label="Mood, last hour" /><p aria-hidden="true">mood, above the line positive</p></div></div>
      <div class="share-bar wall-bar" aria-hidden="true">{kLabels.map((l) => <i key={l} class={`sw-${l}`} style={{ width: `${(shareOf(labels, l) ?? 0) * 100}%` }} />)}</div>
      <ul class="wall-shares">{kLabels.map((l) => <li key={l} class={`is-${l}`}><i class="sign" aria-hidden="true">{kSigns[l]}</i> <b>{percent(shareOf(labels, l))}</b> {l}</li>)}</ul>
    </section>
  );
}
function RisingSlide({ trends, past }: { trends: readonly Trend[]; past: boolean }) {
  return (
    <section class="wall-rising"><p class="wall-kicker">{past ? 'What rose' : 'Rising now'}</p>
      <ol>{trends.slice(0, 5).map((t) => <li key={t.key}><h2 dir="auto">#{t.key.replace(/^#/, '')}</h2><p>{t.reason}{past && t.time ? <span class="dim">{minuteOf(t.time)}</span> : null}</p>{t.spark && <Spark values={t.spark} whole={past} height={high(0.07, 56)} label={past ? 'Posts over the span' : 'Posts a minute, last hour'} />}</li>)}</ol>
    </section>
  );
}
function PostSlide({ posts }: { posts: Post[] }) {
  return (
    <section class="wall-posts"><p class="wall-kicker">Just said</p>
      {posts.slice(0, 4).map((p) => { const l = p.label4 ?? p.label; return <blockquote key={p.id} class={`edge-${l}`}><p class="said" dir="auto">{beginning(p.content, 220)}{p.content.length > 220 ? '…' : ''}</p><footer class={`is-${l}`}>{l && <><i class="sign" aria-hidden="true">{kSigns[l]}</i> {l}</>}</footer></blockquote>; })}
    </section>
  );
}
