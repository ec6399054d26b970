// Log: what goes through. Topics, any record of any topic, and what could not be used.
import { useState } from 'preact/hooks';
import { getJson } from '../api/client';
import type { LogRecord, RecordsPage, Topic } from '../api/types';
import { bytes, count, dateTime, duration, millis } from '../lib/format';
import { zone } from '../state/prefs';
import { useResource } from '../state/resource';
import { href, params, pause, setParams } from '../state/view';
import { Empty, Failure, Skeleton } from '../ui/parts';
import { DeadLetters } from './letters';

const kPage = 50;

export function LogPage() {
  const dead = params.value.get('view') === 'dead';
  return (
    <main id="main" class="page log" tabIndex={-1}>
      <header class="page-head">
        <div><h1>Log</h1><p class="dim">Every post goes through these topics; nothing is shown anywhere that was not written here first.</p></div>
        <div class="spans" role="group" aria-label="Part of the log"><button type="button" aria-pressed={!dead} onClick={() => setParams({ view: null, state: null })}>Topics</button><button type="button" aria-pressed={dead} onClick={() => setParams({ view: 'dead' })}>Dead letters</button></div>
      </header>
      {dead ? <DeadLetters key={params.value.get('state') ?? 'waiting'} /> : <Topics />}
    </main>
  );
}

function Topics() {
  const topics = useResource<{ topics: Topic[] }>('topics', (abort) => getJson('/api/v1/topics', {}, abort), { everyMs: 3000, always: true });
  if (topics.error && !topics.data) return <Failure error={topics.error} retry={topics.reload} what="The topics" />;
  if (!topics.data) return <Skeleton lines={8} height={420} />;
  if (topics.data.topics.length === 0) return <Empty title="The log is empty"><p>Topics appear as soon as a source delivers. <a href={href('/health')}>Health</a> tells which sources are listening.</p></Empty>;
  const name = params.value.get('topic') ?? topics.data.topics[0]!.name;
  const chosen = topics.data.topics.find((t) => t.name === name) ?? topics.data.topics[0]!;
  return (
    <>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Topics">
        <table class="data">
          <thead><tr><th scope="col">Topic</th><th scope="col" class="num">Records</th><th scope="col" class="num">Size</th><th scope="col">Kept for</th><th scope="col">Partitions, first to next offset</th><th scope="col">Readers and their lag</th></tr></thead>
          <tbody>
            {topics.data.topics.map((t) => (
              <tr key={t.name} class={t.name === chosen.name ? 'chosen' : ''}>
                <th scope="row"><button type="button" class="linklike topic-name" aria-pressed={t.name === chosen.name} onClick={() => setParams({ topic: t.name, partition: null, offset: null })}>{t.name}</button></th>
                <td class="num">{count(t.records)}</td><td class="num">{bytes(t.bytes)}</td><td>{t.retention_ms ? duration(t.retention_ms) : 'ever'}</td>
                <td>{t.partitions.map((p) => <button type="button" key={p.partition} class="linklike" onClick={() => setParams({ topic: t.name, partition: p.partition, offset: null })}>{p.partition}: {count(p.begin)}–{count(p.end)}</button>)}</td>
                <td>{(t.groups ?? []).length === 0 && <span class="dim">none here: for programs of yours</span>}{(t.groups ?? []).map((g) => <span key={g.group} class="group">{g.group} <b class={g.lag > 10_000 ? 'is-warn' : ''}>{g.lag === 0 ? 'caught up' : `${count(g.lag)} behind`}</b> </span>)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Records topic={chosen} />
    </>
  );
}

function Records({ topic }: { topic: Topic }) {
  const wanted = Number(params.value.get('partition') ?? 0);
  const partition = topic.partitions.find((p) => p.partition === wanted) ?? topic.partitions[0];
  const text = params.value.get('offset');
  const newest = text === null || text === '' || !/^\d+$/.test(text);
  const offset = newest ? -1 : Number(text);
  const number = partition?.partition ?? 0;
  const page = useResource<RecordsPage>(`records|${topic.name}|${number}|${offset}`, (abort) => getJson(`/api/v1/topics/${encodeURIComponent(topic.name)}/records`, { partition: number, offset, limit: kPage }, abort), newest ? { everyMs: 2500 } : {});
  const [jump, setJump] = useState('');
  const [open, setOpen] = useState<number | null>(null);
  const records = [...(page.data?.records ?? [])].sort((a, b) => b.offset - a.offset);
  const lowest = records.length ? records[records.length - 1]!.offset : 0;
  const begin = partition?.begin ?? 0;
  return (
    <section class="records" aria-label={`Records of ${topic.name}`}>
      <header class="page-head">
        <h2 class="serif-head">{topic.name} <span class="dim">partition {number}{newest ? ', newest first' : `, from offset ${count(offset)}`}</span></h2>
        <form class="inline-form" onSubmit={(e) => { e.preventDefault(); if (/^\d+$/.test(jump)) setParams({ topic: topic.name, partition: number, offset: jump }); }}>
          {topic.partitions.length > 1 && <label>Partition <select value={number} onChange={(e) => setParams({ topic: topic.name, partition: e.currentTarget.value, offset: null })}>{topic.partitions.map((p) => <option key={p.partition}>{p.partition}</option>)}</select></label>}
          <label>Offset <input type="text" inputMode="numeric" pattern="\d*" size={10} value={jump} placeholder={count(Math.max(begin, lowest))} onInput={(e) => setJump(e.currentTarget.value)} /></label>
          <button type="submit" class="button">Read from here</button>
          <button type="button" class="button" disabled={records.length === 0 || lowest <= begin} onClick={() => setParams({ topic: topic.name, partition: number, offset: Math.max(begin, lowest - kPage) })}>Older</button>
          <button type="button" class="button" disabled={newest || page.data?.next === null} onClick={() => setParams({ topic: topic.name, partition: number, offset: page.data?.next ?? null })}>Newer</button>
          <button type="button" class="button" disabled={newest} onClick={() => setParams({ offset: null })}>Newest</button>
        </form>
      </header>
      {page.error && !page.data ? <Failure error={page.error} retry={page.reload} what="The records" /> : page.loading && !page.data ? <Skeleton lines={8} height={420} /> : records.length === 0 ? (
        <Empty title="No record here"><p>This partition holds offsets {count(begin)} to {count(partition?.end ?? 0)}. Older ones were trimmed; newer ones are still to come.</p></Empty>
      ) : (
        <ol class="record-list">
          {records.map((r) => <RecordRow key={`${r.partition}:${r.offset}`} record={r} open={open === r.offset} toggle={() => { pause(); setOpen(open === r.offset ? null : r.offset); }} />)}
        </ol>
      )}
    </section>
  );
}

function RecordRow({ record: r, open, toggle }: { record: LogRecord; open: boolean; toggle: () => void }) {
  const raw = r.value === null && r.value_base64 !== undefined;
  const text = r.blanked ? '' : raw ? r.value_base64! : JSON.stringify(r.value);
  return (
    <li>
      <button type="button" class="record-line" aria-expanded={open} onClick={toggle}>
        <span class="record-offset">{count(r.offset)}</span><time dateTime={r.timestamp}>{dateTime(millis(r.timestamp) ?? 0, zone.value)}</time><span class="num record-bytes">{bytes(r.bytes)}</span>
        <span class="code record-text">{r.blanked ? <em>blanked: the post was deleted</em> : <>{raw && <em>not decoded, Base64: </em>}{text.slice(0, 400)}</>}</span>
      </button>
      {open && (
        <div class="record-open">
          <p class="dim">key <span class="code">{String(r.key)}</span> · arrived {dateTime(millis(r.arrival) ?? 0, zone.value)} · partition {r.partition}</p>
          <pre class="code" dir="auto" tabIndex={0} role="region" aria-label={`Record ${r.offset}, ${raw ? 'in Base64' : 'decoded'}`}>{r.blanked ? 'The bytes of this record are gone; its place in the order stays.' : raw ? text : JSON.stringify(r.value, null, 2)}</pre>
        </div>
      )}
    </li>
  );
}
