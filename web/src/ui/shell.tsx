// What is around every page: masthead with the running trace, places, time range and task, messages, help.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useComputed } from '@preact/signals';
import type uPlot from 'uplot';
import { getJson, setToken, tokenNeeded, tokenRefused } from '../api/client';
import { connection, lostSince, reconnect, stats, updates, latestStatus } from '../api/live';
import type { Message, Task } from '../api/types';
import { count, duration, plural, rate, span, zoneName } from '../lib/format';
import { sourceTitle } from '../lib/names';
import { kSpanNames, kSpanTitles, type SpanName } from '../lib/range';
import { isDark, theme, toggleTheme, zone } from '../state/prefs';
import { useResource } from '../state/resource';
import { href, live, mode, now, nowKnown, path, pause, resume, setParams, setSpan, setTask, spanName, status, task, view } from '../state/view';
import { colour, Plot } from './plot';

const kPlaces = [
  { to: '/', name: 'Pulse' }, { to: '/trends', name: 'Trends' }, { to: '/posts', name: 'Posts' },
  { to: '/log', name: 'Log' }, { to: '/sql', name: 'SQL' }, { to: '/try', name: 'Try' }, { to: '/health', name: 'Health' },
] as const;

/// Pages about the program or about a text: neither range nor task changes what they show.
const kAllTime = ['/log', '/sql', '/try', '/health'];

/// Posts a second as a chart recorder draws them: the newest at the right edge, at most one minute in view.
const kTraceSeconds = 60;
const kTraceLeast = 4;
const kTraceStep = 0.25;
const traceX: number[] = [];
const traceY: (number | null)[] = [];
function useTrace(): { data: uPlot.AlignedData; x: [number, number] } {
  const [, draw] = useState(0);
  useEffect(() => stats.subscribe((event) => {
    if (!event) return;
    const t = Date.now() / 1000;
    // Nothing was heard for a while: a gap, not a line across it.
    if (traceX.length && t - traceX[traceX.length - 1]! > 3) { traceX.push(t - 0.001); traceY.push(null); }
    if (traceX.length && t - traceX[traceX.length - 1]! < kTraceStep * 0.5 && traceY[traceY.length - 1] !== null) { traceY[traceY.length - 1] = event.rate; } else { traceX.push(t); traceY.push(event.rate); }
    while (traceX.length && traceX[0]! < t - kTraceSeconds - 5) { traceX.shift(); traceY.shift(); }
    draw((n) => n + 1);
  }), []);
  const end = traceX[traceX.length - 1] ?? 0;
  // The paper is full from the start: a page that was just opened stretches what it has heard so far.
  const heard = Math.max(kTraceLeast, end - (traceX[0] ?? end));
  return { data: [traceX.slice(), traceY.slice()], x: [end - Math.min(kTraceSeconds, heard), end] };
}

export function Trace({ height = 40 }: { height?: number }) {
  const { data, x } = useTrace();
  const options = useMemo(() => (): Omit<uPlot.Options, 'width' | 'height'> => ({
    cursor: { show: false }, legend: { show: false }, padding: [5, 7, 5, 0], axes: [{ show: false }, { show: false }],
    scales: { x: { time: false }, y: { range: (_u, min, max) => { const low = min ?? 0; const high = max ?? 1; const room = Math.max((high - low) * 0.15, high * 0.04, 0.5); return [Math.max(0, low - room), high + room]; } } },
    series: [{}, { stroke: () => colour('trace'), width: 1.5, points: { show: false } }],
    hooks: {
      draw: [(u) => { // The pen.
        const i = u.data[0].length - 1;
        if (i < 0) return;
        u.ctx.fillStyle = colour('trace');
        u.ctx.beginPath();
        u.ctx.arc(u.valToPos(u.data[0][i]!, 'x', true), u.valToPos(u.data[1]![i]!, 'y', true), 2.6 * devicePixelRatio, 0, Math.PI * 2);
        u.ctx.fill();
      }],
    },
  }), []);
  return <div class="trace" aria-hidden="true"><Plot shape="trace" height={height} data={data} x={x} options={options} /></div>;
}

function Mark() {
  const beat = useComputed(() => updates.value % 2);
  return (
    <svg class={`mark beat-${beat.value}`} viewBox="0 0 32 20" width="30" height="19" aria-hidden="true">
      <path d="M1 11h7.2l2-4 3.2 11 4.1-17 3.5 13 1.9-3H31" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round" />
    </svg>
  );
}

function ConnectionState() {
  const lost = connection.value === 'lost' && !tokenNeeded.value;
  const since = lostSince.value;
  const [, tick] = useState(0);
  useEffect(() => {
    if (!lost) return;
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [lost]);
  if (!lost) return null;
  return (
    <div class="banner banner-lost" role="status">
      <b>Connection lost{since && Date.now() - since > 4000 ? ` for ${duration(Date.now() - since)}` : ''}.</b> The figures stand still; this page tries again by itself and then catches up.
      <button type="button" class="button small" onClick={reconnect}>Try now</button>
    </div>
  );
}

const seen = new Set<string>();
function Messages() {
  const [, redraw] = useState(0);
  const list: Message[] = latestStatus.value?.messages ?? status.value?.messages ?? [];
  const shown = list.filter((m) => m.level !== 'info' && !seen.has(m.text));
  return (
    <>
      {shown.map((m) => (
        <div key={m.text} class={`banner banner-${m.level}`} role={m.level === 'error' ? 'alert' : 'status'}>
          <b>{m.level === 'error' ? 'Problem' : 'Notice'}.</b> <span dir="auto">{m.text}</span> <a href={href('/health')}>Health</a>
          <button type="button" class="button small" onClick={() => { seen.add(m.text); redraw((n) => n + 1); }}>Hide</button>
        </div>
      ))}
    </>
  );
}

/// Stays when the file is done: nothing jumps, and a page of 2016 says why.
function Replay() {
  const told = latestStatus.value ?? status.value;
  const replay = told?.replay;
  if (!replay || mode.value === 'live') return null;
  const sources = told?.sources ?? [];
  const files = sources.filter((s) => s.kind === 'replay');
  const name = files.length === 1 ? sourceTitle(files[0]!, sources) : files.length ? plural(files.length, 'file') : 'The file';
  const rows = plural(replay.rows, 'row');
  if (mode.value === 'done') return <div class="banner banner-info" role="status"><span><b dir="auto">{name}</b> {files.length > 1 ? 'were' : 'was'} replayed: {rows}. “Now” is the time of the newest post.</span></div>;
  // Read is not yet shown: what is on its way to the store comes with it.
  const behind = Math.max(0, ...(told?.stages ?? []).map((x) => x.lag));
  return (
    <div class="banner banner-info" role="status">
      <span><b dir="auto">{name}</b> {replay.percent >= 100 ? <>has been read: {rows}, the last {count(behind)} of them on their way to the store.</> : <>{files.length > 1 ? 'are' : 'is'} being replayed: {rows}, {replay.percent.toFixed(0)}%{replay.eta_s !== null && replay.eta_s !== undefined ? `, about ${duration(replay.eta_s * 1000)} left` : ''}.</>}</span>
      <progress max={100} value={replay.percent} aria-label="Replayed" />
    </div>
  );
}

export function TokenForm() {
  const [value, setValue] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => { field.current?.focus(); }, []);
  return (
    <main id="main" class="page narrow">
      <form class="card state" onSubmit={(event) => { event.preventDefault(); setToken(value); reconnect(); dispatchEvent(new Event('heartbeat-token')); }}>
        <h1>This dashboard asks for a token</h1>
        <p>This heartbeat was started with a token, and each reader shows it. It is in the configuration or the environment of the program, or with whoever runs it.</p>
        {tokenRefused.value && <p class="is-warn" role="alert">That was not the token.</p>}
        <label>Token <input ref={field} type="password" autocomplete="current-password" required value={value} onInput={(e) => setValue(e.currentTarget.value)} /></label>
        <button type="submit" class="button primary">Open</button>
      </form>
    </main>
  );
}

function Controls({ openTasks }: { openTasks: () => void }) {
  const tasks = useResource<{ tasks: Task[] }>('tasks', (abort) => getJson('/api/v1/tasks', {}, abort), { everyMs: 30_000, always: true });
  const tags = (tasks.data?.tasks ?? []).map((t) => t.tag);
  const chosen = task.value;
  const fixed = !live.value;
  // Where they change nothing they are not shown, but kept: range and task go along to the next page.
  const idle = kAllTime.includes(path.value);
  return (
    <div class={`controls${idle ? ' idle' : ''}`} role="group" aria-label="Task and time range">
      <label class="field-task"><span class="vh">Task</span>
        <select id="task-choice" value={chosen} onChange={(e) => { const v = e.currentTarget.value; if (v === '+') { e.currentTarget.value = chosen; openTasks(); } else setTask(v); }}>
          <option value="*">Everything</option>
          {[...new Set([...tags, ...(chosen === '*' ? [] : [chosen])])].map((tag) => <option key={tag} value={tag}>{tag}</option>)}
          <option value="+">Manage tasks…</option>
        </select>
      </label>
      <div class="spans" role="group" aria-label="Time range">
        {kSpanNames.map((name: SpanName) => (
          <button key={name} type="button" aria-pressed={!fixed && spanName.value === name} class={fixed && spanName.value === name ? 'was' : ''} title={kSpanTitles[name]} onClick={() => setSpan(name)}>{name === 'all' ? 'All' : name}</button>
        ))}
      </div>
      <p class="span-shown" title={zone.value === 'utc' ? 'Times are UTC' : 'Times are those of this computer'}>
        {nowKnown.value && (spanName.value !== 'all' || fixed) ? span(view.value.from, view.value.to, zone.value) : ' '}
        <button type="button" class="linklike zone" onClick={() => { zone.value = zone.value === 'utc' ? 'local' : 'utc'; }} title="Switch between local time and UTC">{zoneName(zone.value, now.value)}</button>
      </p>
      <button type="button" class={`live-button ${fixed ? 'paused' : 'live'}`} aria-pressed={!fixed} onClick={() => (fixed ? resume() : pause())} title={fixed ? 'Follow now (space)' : 'Hold still (space)'}>
        <i aria-hidden="true">{fixed ? '▶' : '❚❚'}</i> {fixed ? 'Paused' : mode.value === 'live' ? 'Live' : mode.value === 'done' ? 'At end' : 'Live'}
      </button>
    </div>
  );
}

export function Shell({ children, openTasks, openHelp }: { children: ComponentChildren; openTasks: () => void; openHelp: () => void }) {
  const head = useRef<HTMLElement>(null);
  void theme.value;
  const place = path.value;
  const rateNow = stats.value?.rate ?? status.value?.rate;
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to content</a>
      <header class="masthead" ref={head}>
        <div class="mast-row paper">
          <a class="wordmark" href={href('/')} aria-label="heartbeat, to Pulse"><Mark /><span>heartbeat</span></a>
          <Trace />
          <p class="rate-now" title="Posts a second, all sources, last second of the stream"><b>{rate(rateNow)}</b><span><i> posts</i>/s</span></p>
          <div class="mast-tools">
            <button type="button" class="icon tasks-button" onClick={openTasks} title="Manage tasks (m)">Tasks</button>
            <button type="button" class="icon" onClick={toggleTheme} title="Light or dark (d)" aria-label={isDark() ? 'Switch to light' : 'Switch to dark'}>{isDark() ? '☀\uFE0E' : '☾'}</button>
            <button type="button" class="icon" onClick={openHelp} title="Keys (?)" aria-label="Keyboard shortcuts">?</button>
          </div>
        </div>
        <div class="nav-row">
          <nav aria-label="Pages">
            <ul>{kPlaces.map((p) => <li key={p.to}><a href={href(p.to)} aria-current={place === p.to ? 'page' : undefined}>{p.name}</a></li>)}</ul>
          </nav>
          {!tokenNeeded.value && <Controls openTasks={openTasks} />}
        </div>
      </header>
      <ConnectionState />
      <Replay />
      <Messages />
      {tokenNeeded.value ? <TokenForm /> : children}
      <footer class="foot">
        <p>heartbeat {status.value?.version ?? ''}{status.value ? <> · {count(stats.value?.posts_total ?? status.value.posts_total)} posts kept · up {duration(status.value.uptime_s * 1000)}</> : null}</p>
        <p><button type="button" class="linklike" onClick={openHelp}>Keys</button> · <a href="/openapi.json" target="_blank">API</a> · <a href={`${place}?wall=1`}>Wall view</a></p>
      </footer>
    </>
  );
}
export const clearMessages = () => seen.clear();
export { setParams };
