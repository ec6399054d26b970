// Pulse: how is it now.
import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson } from '../api/client';
import { latestPosts } from '../api/live';
import type { Post, Pulse, PulseTask, SourceStatus, Span, Trend } from '../api/types';
import { ago, clock, compact, count, dateTime, day as dayOf, millis, percent, plural, rate, score, signed } from '../lib/format';
import { sourceTitle } from '../lib/names';
import { headline, kFewPosts, moodWords, recentMood } from '../lib/headline';
import { total } from '../lib/series';
import { kSpans } from '../lib/range';
import { useResource } from '../state/resource';
import { useSeries } from '../state/series';
import { zone } from '../state/prefs';
import { href, inThePast, live, mode, now, postsHref, setSpan, spanKey, spanName, status, tagHref, task, taskHref, viewKnown } from '../state/view';
import { Empty, Failure, Shares, Skeleton } from '../ui/parts';
import { PostCard } from '../ui/post';
import { MoodSpark, Spark } from '../ui/sparkline';
import { TimeChart } from '../ui/time_chart';
import { spanOfTrends } from './trends';

/// The server may put the classes into `labels` or beside `posts`.
export function labelsOfSpan(span: Span | undefined) {
  if (!span) return undefined;
  return span.labels ?? { negative: span.negative, neutral: span.neutral, positive: span.positive, mixed: span.mixed };
}

export function usePulse() {
  // Anew at the end of a replay: its last figures stay.
  return useResource<Pulse>(mode.value === 'done' ? 'pulse at the end' : 'pulse', (abort) => getJson('/api/v1/pulse', {}, abort), { everyMs: mode.value === 'replay' ? 1000 : 3000 });
}

export function TaskRow({ row }: { row: PulseTask }) {
  const quarter = labelsOfSpan(row.last_15m);
  const hour = labelsOfSpan(row.last_hour);
  const day = labelsOfSpan(row.last_day);
  const few = total(quarter) < kFewPosts;
  const shown = few ? row.last_hour : row.last_15m;
  const mood = recentMood(row);
  const to = now.value;
  const behind = (span: Span, length: number) => postsHref({ task: row.tag, from: millis(span.from) ?? to - length, to: millis(span.to) ?? to });
  const name = row.tag === '*' ? 'Everything' : row.tag;
  return (
    <tr class={row.tag === task.value ? 'chosen' : ''}>
      <th scope="row">
        <a class="task-name" href={row.tag === '*' ? postsHref({ task: '*' }) : taskHref(row.tag)} dir="auto">{name}</a>
        {row.tag === '*' ? <span class="task-rule">{compact(row.posts_total)} posts kept</span> : <span class="task-rule code" dir="auto" title={row.rule}>{row.rule}</span>}
      </th>
      <td class="cell-rate">
        <a href={postsHref({ task: row.tag, from: to - 60_000, to })} title="Posts a second over the last minute"><b class="big">{rate(row.rate_now)}</b><span class="unit"> /s</span></a>
        <Spark values={row.spark} label={`${name}: posts a minute over the last hour, most ${count(Math.max(0, ...row.spark))}`} />
      </td>
      <td class="cell-mood">
        <a href={few ? behind(row.last_hour, kSpans['1h']) : behind(row.last_15m, kSpans['15m'])} title={moodWords(mood)}><b class="big">{signed(mood)}</b></a>
        <MoodSpark values={row.mood} label={`${name}: mood over the last hour, ${moodWords(mood) || 'unknown'} now`} />
      </td>
      <td class="cell-shares">
        <Shares labels={few ? hour : quarter} filter={{ task: row.tag, from: millis(shown.from) ?? to - kSpans['1h'], to: millis(shown.to) ?? to }} before={few ? day : hour} beforeName={few ? 'the last day' : 'the last hour'} {...(few ? {} : { long: day })} />
        {few && <p class="cell-note">last hour, against the day</p>}
      </td>
      <td class="num cell-posts">
        <a href={behind(row.last_hour, kSpans['1h'])}>{count(row.last_hour.posts)}</a><span class="dim"> hour</span><br />
        <a href={behind(row.last_day, kSpans['24h'])}>{compact(row.last_day.posts)}</a><span class="dim"> day</span>
      </td>
    </tr>
  );
}

export function TaskSheet({ pulse }: { pulse: Pulse }) {
  return (
    <section class="sheet" aria-label="Tasks">
      <table>
        <caption class="vh">Each task: rate, mood, shares</caption>
        <thead><tr><th scope="col">Task</th><th scope="col">Posts a second</th><th scope="col">Mood</th><th scope="col">Sentiment, last 15 min, against the hour</th><th scope="col" class="num">Posts</th></tr></thead>
        <tbody>{pulse.tasks.map((row) => <TaskRow key={row.tag} row={row} />)}</tbody>
      </table>
      {pulse.tasks.length <= 1 && <p class="note">No task yet. A task is a rule that picks posts out of the stream: <a href={href('/', { tasks: 1 })}>add the first one</a>.</p>}
    </section>
  );
}

/// In a replay that is over or runs through hours, what rises this minute says little; what rose in the span says more.
export function useRising(current: readonly Trend[]): { trends: readonly Trend[]; past: boolean; loading: boolean } {
  const past = inThePast.value;
  const risen = useResource<{ trends: Trend[] }>(past && viewKnown.value ? `risen|${spanKey()}` : null, (abort) => getJson('/api/v1/trending', { kind: 'hashtag', limit: 8, ...spanOfTrends() }, abort), { everyMs: mode.value === 'replay' ? 2000 : 4000 });
  return { trends: past ? risen.data?.trends ?? [] : current, past, loading: past && risen.loading };
}
/// The reason, and where it is past, when.
export const reasonOf = (t: Trend, past: boolean): string => (past && t.time ? `${t.reason} · ${minuteOf(t.time)}` : t.reason);
/// A day and a minute, never broken over two lines.
export const minuteOf = (time: string): string => { const t = millis(time) ?? 0; return `${dayOf(t, zone.value)}, ${clock(t, zone.value)}`.replaceAll(' ', '\u00a0'); };

export function Rising({ trends: current }: { trends: readonly Trend[] }) {
  const { trends, past, loading } = useRising(current);
  return (
    <section class="rising" aria-label="Rising hashtags">
      <h2><a href={href('/trends')}>{past ? 'Rose in this span' : 'Rising'}</a></h2>
      {loading ? <p class="empty-line"> </p> : trends.length === 0 ? <p class="empty-line">{!past ? 'Nothing rises out of the ordinary.' : mode.value === 'replay' ? 'Nothing has risen yet; the file is still being replayed.' : 'Nothing rose out of the ordinary.'} A hashtag appears here when it is used far more than usual, by five authors or more.{past && spanName.value !== 'all' && <> <button type="button" class="linklike" onClick={() => setSpan('all')}>Look at everything</button></>}</p> : (
        <ol>
          {trends.slice(0, 8).map((t) => (
            <li key={t.scope + t.key}>
              <a class="rising-key" href={tagHref(t.key)}><bdi>#{t.key.replace(/^#/, '')}</bdi></a>
              <span class="rising-score" title={`Score ${t.score.toFixed(1)}: how far above its usual level, in standard deviations`}>▴ {score(t.score)}</span>
              {t.spark && <Spark values={t.spark} whole={past} height={22} label={`#${t.key}: posts ${past ? 'over the span' : 'a minute over the last hour'}`} />}
              <a class="rising-reason" href={postsHref({ hashtag: t.key, task: '*', from: (millis(t.time) ?? now.value) - kSpans['15m'], to: millis(t.time) ?? now.value })}>{t.reason}{past && t.time ? <span class="dim"> · {minuteOf(t.time)}</span> : null}</a>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

const kFeedMs = 1500; // Slower than the figures: words are to be read.

/// Newest posts that hold still while someone reads: pointer or focus inside holds newer ones back.
export function Feed({ first, most = 12, title = 'Newest' }: { first: readonly Post[]; most?: number; title?: string }) {
  const [shown, setShown] = useState<Post[]>([]);
  const [waiting, setWaiting] = useState<Post[]>([]);
  const held = useRef(false);
  const known = useRef(new Set<string>());
  const wanted = task.value;

  useEffect(() => { setShown([...first].slice(0, most)); setWaiting([]); }, [wanted, first.length > 0]);
  useEffect(() => {
    let opening = true;
    let pending: Post[] = [];
    let timer: number | undefined;
    const show = () => {
      timer = undefined;
      const mine = pending;
      pending = [];
      if (held.current) setWaiting((old) => unique([...mine, ...old]).slice(0, 200));
      else setShown((old) => unique([...mine, ...old]).slice(0, most));
    };
    const stop = latestPosts.subscribe((posts) => {
      if (opening) { opening = false; return; }
      if (!live.peek()) return;
      const mine = wanted === '*' ? posts : posts.filter((p) => p.task === wanted || p.tasks?.includes(wanted));
      if (mine.length === 0) return;
      pending = [...mine, ...pending].slice(0, 200);
      timer ??= window.setTimeout(show, kFeedMs);
    });
    return () => { stop(); clearTimeout(timer); };
  }, [wanted, most]);
  const release = () => {
    setShown((old) => unique([...waiting, ...old]).slice(0, most));
    setWaiting([]);
  };
  const before = known.current;
  known.current = new Set(shown.map((p) => p.id));
  return (
    <section class="feed" aria-label={title} onMouseEnter={() => { held.current = true; }} onMouseLeave={() => { held.current = false; release(); }}
      onFocusCapture={() => { held.current = true; }} onBlurCapture={(e) => { if (!e.currentTarget.contains(e.relatedTarget as Node | null)) { held.current = false; release(); } }}>
      <h2><a href={href('/posts')}>{title}</a>{waiting.length > 0 && <button type="button" class="chip" onClick={release}>{plural(waiting.length, 'newer post')}</button>}</h2>
      {shown.length === 0 ? <p class="empty-line">No posts yet. They appear here as they arrive.</p> : shown.map((post) => <PostCard key={post.id} post={post} compact fresh={before.size > 0 && !before.has(post.id)} />)}
    </section>
  );
}
function unique(posts: Post[]): Post[] {
  const ids = new Set<string>();
  return posts.filter((p) => !ids.has(p.id) && ids.add(p.id));
}

const kStates: Record<SourceStatus['state'], [string, string]> = { running: ['●', 'running'], waiting: ['◐', 'waiting'], done: ['■', 'done'], failed: ['✕', 'failed'] };
export function SourceStrip() {
  const sources = status.value?.sources ?? [];
  if (sources.length === 0) return null;
  return (
    <section class="sources" aria-label="Sources">
      <h2><a href={href('/health')}>Sources</a></h2>
      <ul>
        {sources.map((s) => {
          const [sign, word] = kStates[s.state] ?? ['?', s.state];
          return (
            <li key={s.name} class={`source-${s.state}`}>
              <i aria-hidden="true">{sign}</i> <b title={s.name}>{sourceTitle(s, sources)}</b> <span>{word}{s.state === 'running' ? `, ${rate(s.rate)}/s` : ''}</span>{' '}
              <span class="dim">{s.state === 'done' && s.last_post ? `${plural(s.posts, 'post')}, the last of ${dateTime(millis(s.last_post)!, zone.value)}` : s.last_post ? `last post ${ago(millis(s.last_post), now.value)}` : s.detail ?? 'no post yet'}</span>
              {s.dead_letters ? <a href={href('/log', { view: 'dead' })}> {plural(s.dead_letters, 'dead letter')}</a> : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function PulsePage() {
  const pulse = usePulse();
  const series = useSeries(task.value);
  const line = pulse.data ? headline(pulse.data, task.value, mode.value === 'done') : null;
  const name = task.value === '*' ? 'The whole stream' : task.value;
  const quiet = series.data && series.grid.posts.every((p) => p === null);
  return (
    <main id="main" class="page pulse" tabIndex={-1}>
      <header class="headline">
        <h1 dir="auto">{line?.text ?? (pulse.error ? 'No figures at this moment.' : 'Listening…')}</h1>
        <p class="dim">{line?.detail || ' '}</p>
      </header>
      <div class="pulse-main">
        {pulse.data ? <TaskSheet pulse={pulse.data} /> : pulse.error ? <Failure error={pulse.error} retry={pulse.reload} what="The pulse" /> : <Skeleton lines={5} height={330} />}
        <section class="card" aria-label="Course">
          {series.error && !series.data ? <Failure error={series.error} retry={series.reload} what="The course" /> : quiet && !series.loading ? (
            <Empty title={`No posts of ${name === 'The whole stream' ? 'any kind' : name} in this span`}><p>Choose a longer range above{status.value?.sources.length === 0 ? ', or start heartbeat with a source' : ''}. <a href={href('/health')}>Health</a> tells whether the sources are listening.</p></Empty>
          ) : series.data ? <TimeChart title={name} grid={series.grid} view={series.view} filter={{ task: task.value }} height={(pulse.data?.tasks.length ?? 9) > 1 ? 240 : 400} /> : <Skeleton lines={4} height={420} />}
        </section>
      </div>
      <aside class="pulse-side" aria-label="Rising and newest">
        {pulse.data ? <Rising trends={pulse.data.rising} /> : pulse.error ? null : <Skeleton lines={6} height={260} />}
        <Feed first={pulse.data?.newest ?? []} />
      </aside>
      <SourceStrip />
    </main>
  );
}
export { percent };
