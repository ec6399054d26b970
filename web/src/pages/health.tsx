// Health: can I trust it.
import { getJson } from '../api/client';
import { latestStatus, stats } from '../api/live';
import type { Gap, Meter, Pulse, SourceStatus, Status } from '../api/types';
import { ago, bytes, count, date, dateTime, duration, millis, money, percent, plural, rate, span } from '../lib/format';
import { backfilled, sourceTitle } from '../lib/names';
import { zone } from '../state/prefs';
import { useResource } from '../state/resource';
import { href, inThePast, now, postsHref, status, taskHref } from '../state/view';
import { Empty, Figure, Skeleton } from '../ui/parts';

const kSigns: Record<string, string> = { running: '●', waiting: '◐', done: '■', failed: '✕' };

/// One sentence first: the figures below say why.
export function verdict(s: Status): { text: string; good: boolean } {
  const failed = s.sources.filter((x) => x.state === 'failed');
  const errors = s.messages.filter((m) => m.level === 'error');
  const open = s.gaps.filter((g) => !g.refilled);
  const behind = s.stages.filter((x) => x.lag > 100_000);
  if (errors.length) return { text: errors[0]!.text, good: false };
  if (s.sources.length === 0) return { text: 'No source is set, so nothing comes in.', good: false };
  if (failed.length) return { text: `${failed.map((f) => sourceTitle(f, s.sources)).join(', ')} failed.`, good: false };
  if (behind.length) return { text: `${behind[0]!.name} is ${count(behind[0]!.lag)} records behind and catching up.`, good: false };
  if (open.length) return { text: `All stages keep up. ${plural(open.length, 'gap')} not refilled.`, good: false };
  if (s.mode === 'done') return { text: 'The replay is complete; every stage has caught up.', good: true };
  return { text: 'Every source delivers or waits, every stage keeps up.', good: true };
}

export function HealthPage() {
  const base = status.value;
  if (!base) return <main id="main" class="page" tabIndex={-1}><h1>Health</h1><Skeleton lines={9} height={480} /></main>;
  const s: Status = { ...base, ...(latestStatus.value ?? {}) };
  const z = zone.value;
  const t = now.value;
  const v = verdict(s);
  const titleOf = (name: string) => { const tag = backfilled(name); if (tag) return `Backfill of ${tag}`; const known = s.sources.find((x) => x.name === name || x.kind === name); return known ? sourceTitle(known, s.sources) : name; };
  const disk = s.disk ?? { log_bytes: 0, store_bytes: 0, free_bytes: 0 };
  return (
    <main id="main" class="page health" tabIndex={-1}>
      <header class="headline"><h1>{v.text}</h1><p class="dim">heartbeat {s.version} · up {duration(s.uptime_s * 1000)} · {s.mode === 'live' ? 'live' : s.mode === 'replay' ? 'replaying' : 'replay done'} · now is {dateTime(t, z)}</p></header>
      <section class="figures" aria-label="Figures">
        <Figure value={rate(stats.value?.rate ?? s.rate)} unit="/s" label="posts now" href={href('/posts')} />
        <Figure value={count(stats.value?.posts_total ?? s.posts_total)} label="posts kept" href={postsHref({ task: '*' })} />
        <Figure value={count(s.dead_letters)} label="dead letters" href={href('/log', { view: 'dead' })} />
        <Figure value={bytes(s.memory_bytes)} label={`memory, ${bytes(s.peak_memory_bytes)} at most`} />
        <Figure value={bytes(disk.log_bytes)} label="log on disk" href={href('/log')} />
        <Figure value={bytes(disk.store_bytes)} label="store on disk" href={href('/sql')} />
        <Figure value={bytes(disk.free_bytes)} label="free on disk" />
      </section>
      <section aria-label="Stages">
        <h2 class="serif-head">The way of a post</h2>
        <ol class="stages">
          {s.stages.map((stage) => (
            <li key={stage.name} class="card">
              <h3>{stage.name}</h3>
              <p><b class="big">{stage.lag === 0 ? 'caught up' : count(stage.lag)}</b>{stage.lag > 0 && <span class="unit"> behind</span>}</p>
              <p class="dim">{rate(stage.rate)} records/s{typeof stage.busy === 'number' && `, ${percent(stage.busy)} busy`}</p>
              {typeof stage.busy === 'number' && <span class="bars-track" aria-hidden="true"><i style={{ width: `${Math.min(1, stage.busy) * 100}%` }} /></span>}
            </li>
          ))}
        </ol>
      </section>
      <section aria-label="Sources">
        <h2 class="serif-head">Sources</h2>
        {s.sources.length === 0 ? <Empty title="No source"><p>Start heartbeat with <code>--source demo</code> to see a living stream, or with <code>--replay FILE</code> to read a file.</p></Empty> : (
          <div class="table-scroll" tabIndex={0} role="region" aria-label="Table of sources">
            <table class="data">
              <thead><tr><th scope="col">Source</th><th scope="col">State</th><th scope="col" class="num">Posts</th><th scope="col" class="num">Posts/s</th><th scope="col">Complete up to</th><th scope="col">Last post</th><th scope="col" class="num">Dead letters</th><th scope="col">Detail</th></tr></thead>
              <tbody>
                {s.sources.map((x) => (
                  <tr key={x.name}>
                    <th scope="row" title={x.name}><b>{sourceTitle(x, s.sources)}</b></th>
                    <td class={`source-${x.state}`}><i class="state-sign" aria-hidden="true">{kSigns[x.state] ?? '?'}</i> {x.state}</td>
                    <td class="num"><a href={postsHref({ source: x.kind, task: '*' })}>{count(x.posts)}</a></td><td class="num">{rate(x.rate)}</td>
                    <td>{x.state === 'done' ? 'its end' : millis(x.watermark) !== null ? dateTime(millis(x.watermark)!, z) : '–'}</td><td>{!x.last_post ? '–' : inThePast.value ? dateTime(millis(x.last_post)!, z) : ago(millis(x.last_post), t)}</td>
                    <td class="num">{x.dead_letters ? <a href={href('/log', { view: 'dead' })}>{count(x.dead_letters)}</a> : '0'}</td><td dir="auto">{x.detail}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <div class="columns">
        <section aria-label="Gaps">
          <h2 class="serif-head">Gaps</h2>
          {s.gaps.length === 0 ? <p class="empty-line">None. Whenever a source is not listening, the span is noted here and the windows it touches say how complete they are.</p> : (
            <ul class="plain-list">{s.gaps.map((g, i) => {
              const from = millis(g.from) ?? 0;
              const to = millis(g.to) ?? t;
              return <li key={i}><b title={g.source}>{titleOf(g.source)}</b> {span(from, to, z)} <span class="dim">({duration(to - from)})</span><br /><span dir="auto">{g.cause}</span>, <Refill gap={g} /> · <a href={postsHref({ task: '*', from: from - 300_000, to: to + 300_000 })}>posts around it</a></li>;
            })}</ul>
          )}
        </section>
        <section aria-label="Models">
          <h2 class="serif-head">Models</h2>
          <table class="data"><thead><tr><th scope="col">Task</th><th scope="col">Model</th><th scope="col">Version</th></tr></thead><tbody>{s.models.map((m) => <tr key={m.task}><th scope="row">{m.task}</th><td class="code">{m.name}</td><td class="code">{m.version || <span class="dim">–</span>}</td></tr>)}</tbody></table>
          <p class="note">Every post names the models that weighed it. <a href={href('/try')}>Try</a> asks them about a text of yours.</p>
        </section>
        <Meters sources={s.sources} />
        <Budget />
        <section aria-label="Messages">
          <h2 class="serif-head">Messages</h2>
          {s.messages.length === 0 ? <p class="empty-line">None.</p> : <ul class="plain-list">{s.messages.map((m, i) => <li key={i}><b class={m.level === 'info' ? '' : 'is-warn'}>{m.level}</b> <span dir="auto">{m.text}</span> {m.since && <span class="dim">{ago(millis(m.since), Date.now())}</span>}</li>)}</ul>}
        </section>
      </div>
    </main>
  );
}

function Refill({ gap }: { gap: Gap }) {
  if (gap.refilled) return <span class="is-positive">▲ refilled</span>;
  const share = gap.refilled_share ?? 0;
  return share > 0 ? <span class="is-warn">◐ {percent(share)} of it is there</span> : <span class="is-warn">▼ not refilled</span>;
}

/// Posts and money, for sources that are paid by the post.
function Meters({ sources }: { sources: readonly SourceStatus[] }) {
  const metered = sources.flatMap((source) => (source.meter ? [{ source, meter: source.meter }] : []));
  if (metered.length === 0) return null;
  return (
    <section aria-label="Meter">
      <h2 class="serif-head">What it costs</h2>
      {metered.map(({ source, meter }) => (
        <div key={source.name} class="paid">
          <h3>{sourceTitle(source, sources)}</h3>
          <p><b class="big">{count(meter.month)}</b><span class="unit"> {meter.month === 1 ? 'post' : 'posts'} read this month</span>, {count(meter.today)} of them today · at most <b>{money(meter.cost)}</b></p>
          {meter.cap !== null && <><span class="bars-track" aria-hidden="true"><i style={{ width: `${Math.min(1, meter.month / meter.cap) * 100}%` }} /></span><p class="note">{percent(meter.month / meter.cap)} of {count(meter.cap)} a month</p></>}
          <MeterNotes source={source} meter={meter} />
        </div>
      ))}
      <p class="note">Every post that is read is paid for. <a href={href('/health', { tasks: 1 })}>Tasks</a> say which posts are asked for.</p>
    </section>
  );
}

/// Where the month is going, what the network says, and what is done about it.
function MeterNotes({ source, meter }: { source: SourceStatus; meter: Meter }) {
  const end = millis(meter.month_end);
  return (
    <ul class="plain-list">
      {meter.forecast !== null && end !== null && <li>About {count(meter.forecast)} by {date(end, 'utc')}{meter.rules.map((rule, i) => <span key={rule.task}>{i === 0 ? ', of them ' : ', '}<bdi>{rule.task}</bdi> {count(rule.forecast)}</span>)}</li>}
      {meter.network && <li><bdi>{source.title ?? source.kind}</bdi> counts {count(meter.network.month)} of {count(meter.network.cap)}</li>}
      {meter.budget && <li class="is-warn" dir="auto">To keep to the month’s budget: {meter.budget}</li>}
    </ul>
  );
}

/// What each rule takes of the stream: where a source is paid by the post, this is what a rule costs.
function Budget() {
  const pulse = useResource<Pulse>('budget', (abort) => getJson('/api/v1/pulse', {}, abort), { everyMs: 10_000, always: true });
  const all = pulse.data?.tasks[0]?.last_day;
  const rows = (pulse.data?.tasks ?? []).slice(1).sort((a, b) => b.last_day.posts - a.last_day.posts);
  return (
    <section aria-label="What each rule takes">
      <h2 class="serif-head">What each rule takes <span class="dim">of {plural(all?.posts ?? 0, 'post')} in the last day</span></h2>
      {pulse.data && rows.length === 0 ? <p class="empty-line">No task yet. <a href={href('/health', { tasks: '+' })}>Add one</a>, and its share of the stream is told here.</p> : (
        <table class="data"><thead><tr><th scope="col">Task</th><th scope="col" class="num">Posts</th><th scope="col" class="num">Share</th></tr></thead><tbody>{rows.map((t) => (
          <tr key={t.tag}><th scope="row"><a href={taskHref(t.tag)} dir="auto">{t.tag}</a></th><td class="num"><a href={postsHref({ task: t.tag, from: millis(t.last_day.from) ?? now.value - 86_400_000, to: millis(t.last_day.to) ?? now.value })}>{count(t.last_day.posts)}</a></td><td class="num">{percent(all?.posts ? t.last_day.posts / all.posts : null)}</td></tr>
        ))}</tbody></table>
      )}
    </section>
  );
}
