// SQL: my own question.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { ApiError, download, fetchApi, getJson } from '../api/client';
import type { SchemaTable, SqlResult } from '../api/types';
import { compact, plural } from '../lib/format';
import { cell, inOrder, isNumber, looks, parseSqlAnswer, plan, shownNumber, timeValue, type Look, type Plan } from '../lib/sql';
import { useResource } from '../state/resource';
import { params, setParams } from '../state/view';
import { Empty, Failure, sentence, Skeleton } from '../ui/parts';
import { colour, Plot, timeAxis, valueAxis } from '../ui/plot';

const kFirst = "SELECT lang, count(*) AS posts, round(avg(polarity), 3) AS avg_polarity\nFROM posts\nGROUP BY lang\nORDER BY posts DESC\nLIMIT 20";
const kExamples: [string, string][] = [
  ['Languages', kFirst],
  ['Posts a minute', "SELECT time_bucket(INTERVAL 1 minute, time) AS minute, count(*) AS posts,\n       count(*) FILTER (label4 = 'negative') AS negative\nFROM posts\nGROUP BY minute ORDER BY minute DESC LIMIT 240"],
  ['Labels', 'SELECT sentiment_analysis, count(*) AS qtd\nFROM sentiment_labels\nGROUP BY sentiment_analysis\nORDER BY qtd DESC'],
  ['Windows', 'SELECT task, window_start, window_size, posts, revision\nFROM windows\nORDER BY window_start DESC LIMIT 100'],
];
const kHistory = 'heartbeat.sql';
const kMostHistory = 50;
function readHistory(): string[] {
  try { const list: unknown = JSON.parse(localStorage.getItem(kHistory) ?? '[]'); return Array.isArray(list) ? list.filter((q): q is string => typeof q === 'string') : []; } catch { return []; }
}

export function SqlPage() {
  const [query, setQuery] = useState(params.value.get('query') ?? readHistory()[0] ?? kFirst);
  const [result, setResult] = useState<SqlResult | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [drawn, setDrawn] = useState(true);
  const [history, setHistory] = useState(readHistory);
  const editor = useRef<HTMLTextAreaElement>(null);
  const abort = useRef<AbortController | null>(null);
  const asked = useRef('');
  const schema = useResource<{ tables: SchemaTable[] }>('schema', (a) => getJson('/api/v1/schema', {}, a), { always: true });

  const run = async (text = query) => {
    if (!text.trim()) return;
    abort.current?.abort();
    const mine = new AbortController();
    abort.current = mine;
    setBusy(true);
    asked.current = text;
    setParams({ query: text.length < 1800 ? text : null }, true);
    try {
      const response = await fetchApi('/api/v1/sql', { method: 'POST', signal: mine.signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query: text, limit: 1000, timeout_ms: 10_000 }) });
      const answer = parseSqlAnswer(await response.text());
      setResult(answer);
      setError(null);
      const next = [text, ...history.filter((q) => q !== text)].slice(0, kMostHistory);
      setHistory(next);
      try { localStorage.setItem(kHistory, JSON.stringify(next)); } catch { /* history is a comfort only */ }
    } catch (problem) {
      if (!mine.signal.aborted) setError(problem instanceof ApiError ? problem : new ApiError(0, 'The answer could not be read', String(problem)));
    } finally { if (abort.current === mine) setBusy(false); }
  };
  useEffect(() => { if (params.value.get('query')) void run(); return () => abort.current?.abort(); }, []);

  const insert = (text: string) => {
    const area = editor.current;
    if (!area) return;
    const at = area.selectionStart;
    const before = query.slice(0, at);
    const next = before + (before && !/[\s(,.]$/.test(before) ? ' ' : '') + text;
    setQuery(next + query.slice(area.selectionEnd));
    requestAnimationFrame(() => { area.focus(); area.setSelectionRange(next.length, next.length); });
  };
  const save = async (format: string) => {
    try { await download(`/api/v1/sql/export?format=${format}`, `heartbeat-query.${format}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query: asked.current || query }) }); } catch (problem) { setError(problem as ApiError); }
  };
  const drawing = result ? plan(result) : null;
  const columns = useMemo(() => (result ? looks(result) : []), [result]);
  return (
    <main id="main" class="page sql" tabIndex={-1}>
      <header class="page-head"><div><h1>Ask in SQL</h1><p class="dim">Reading only, on the store as it is now; ten seconds and 1,000 rows at most. Times are UTC.</p></div></header>
      <div class="sql-grid">
        <section class="sql-editor" aria-label="Query">
          <label class="vh" for="query">Query</label>
          <textarea id="query" ref={editor} class="code" rows={8} spellcheck={false} autocapitalize="off" value={query} onInput={(e) => setQuery(e.currentTarget.value)}
            onKeyDown={(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); void run(); } }} />
          <div class="inline-form">
            <button type="button" class="button primary" disabled={busy || !query.trim()} onClick={() => void run()}>{busy ? 'Running…' : 'Run'} <kbd>Ctrl Enter</kbd></button>
            {busy && <button type="button" class="button" onClick={() => { abort.current?.abort(); setBusy(false); }}>Stop</button>}
            <label class="field-inline">Examples <select value="" onChange={(e) => { const found = kExamples[Number(e.currentTarget.value)]; e.currentTarget.value = ''; if (found) { setQuery(found[1]); void run(found[1]); } }}><option value="">choose…</option>{kExamples.map(([name], i) => <option key={name} value={i}>{name}</option>)}</select></label>
            {history.length > 0 && <label class="field-inline">History <select value="" onChange={(e) => { const found = history[Number(e.currentTarget.value)]; e.currentTarget.value = ''; if (found) setQuery(found); }}><option value="">{plural(history.length, 'query', 'queries')}</option>{history.map((q, i) => <option key={q} value={i}>{q.replace(/\s+/g, ' ').slice(0, 80)}</option>)}</select></label>}
          </div>
          {error && <div class="state state-error" role="alert"><h2>{error.title}</h2><pre class="code" dir="auto">{error.detail}</pre>{error.status === 0 ? <p class="dim">Is heartbeat still running? Run the query again when it is back.</p> : error.hint && <p class="dim">{sentence(error.hint)}</p>}</div>}
          {!error && !result && !busy && <Empty title="No answer yet"><p>Write a query and press <kbd>Ctrl Enter</kbd>, or begin with an example. A click on a column puts its name into the query.</p></Empty>}
          {busy && !result && <Skeleton lines={5} />}
          {result && !error && (
            <section class="sql-result" aria-label="Result">
              <div class="posts-status">
                <p role="status"><b>{plural(result.rows.length, 'row')}</b>{result.truncated && <span class="is-warn">, cut here: add a LIMIT or an aggregate</span>} <span class="dim">· {result.seconds < 1 ? `${Math.round(result.seconds * 1000)} ms` : `${result.seconds.toFixed(1)} s`}</span></p>
                <p class="export">{drawing && <button type="button" class="tool" aria-pressed={drawn} onClick={() => setDrawn(!drawn)}>Chart</button>}<span class="dim">Download</span>{['csv', 'jsonl', 'parquet'].map((f) => <button type="button" key={f} class="linklike" onClick={() => void save(f)}>{f === 'parquet' ? 'Parquet' : f.toUpperCase()}</button>)}</p>
              </div>
              {drawing && drawn && <Drawing result={result} how={drawing} />}
              <div class="table-scroll result-scroll" tabIndex={0} role="region" aria-label="Rows">
                <table class="data result" onCopy={copyExact}>
                  <thead><tr>{result.columns.map((c, i) => <th key={i} scope="col" class={isNumber(c.type) ? 'num' : ''} title={c.type}>{c.name}</th>)}</tr></thead>
                  <tbody>{result.rows.map((row, r) => <tr key={r}>{row.map((value, i) => <Cell key={i} value={value} look={columns[i] ?? null} />)}</tr>)}</tbody>
                </table>
              </div>
            </section>
          )}
        </section>
        <aside class="schema" aria-label="Tables">
          <h2 class="serif-head">Tables</h2>
          {schema.error && !schema.data ? <Failure error={schema.error} retry={schema.reload} what="The tables" /> : !schema.data ? <Skeleton lines={8} /> : inOrder(schema.data.tables).map((t) => (
            <details key={t.name} open={t.name === 'posts'}>
              <summary><b>{t.name}</b> <span class="dim">{t.kind}, {plural(t.columns.length, 'column')}</span></summary>
              <ul>
                <li><button type="button" class="linklike code" onClick={() => insert(t.name)}>{t.name}</button> <span class="dim">into the query</span></li>
                {t.columns.map((c) => <li key={c.name}><button type="button" class="linklike code" onClick={() => insert(c.name)} title={c.help}>{c.name}</button> <span class="dim" title={c.type.toLowerCase()}>{c.type.toLowerCase().replace(/\(.*\)/, '')}</span>{c.help && <span class="help">{c.help}</span>}</li>)}
              </ul>
            </details>
          ))}
        </aside>
      </div>
    </main>
  );
}

function Cell({ value, look }: { value: unknown; look: Look | null }) {
  if (!look || value === null) return <td dir="auto" class={value === null ? (look ? 'num dim' : 'dim') : ''}>{cell(value)}</td>;
  const exact = cell(value);
  const shown = shownNumber(value, look);
  return <td class="num" {...(shown === exact ? {} : { title: exact, 'data-exact': exact })}>{shown}</td>;
}
/// What is copied are the values themselves, a line a row and a tab between cells, as spreadsheets take it.
function copyExact(event: ClipboardEvent): void {
  const chosen = getSelection();
  if (!chosen || chosen.rangeCount === 0 || !event.clipboardData) return;
  const part = chosen.getRangeAt(0).cloneContents();
  const rows = [...part.querySelectorAll('tr')];
  // Within one cell the browser's own copy would give what is shown; a part of a number stays a part.
  const alone = rows.length === 0 ? (chosen.anchorNode?.parentElement?.closest<HTMLElement>('td[data-exact]') ?? null) : null;
  if (rows.length === 0 && (!alone || chosen.toString().trim() !== alone.textContent)) return;
  const textOf = (e: HTMLElement) => e.dataset.exact ?? e.textContent ?? '';
  event.clipboardData.setData('text/plain', alone ? textOf(alone) : rows.map((row) => [...row.querySelectorAll<HTMLElement>('th, td')].map(textOf).join('\t')).join('\n'));
  event.preventDefault();
}

const kInks = ['trace', 'neg', 'pos', 'mix'];
function Drawing({ result, how }: { result: SqlResult; how: Plan }) {
  const { data, names } = useMemo(() => {
    const rows = how.kind === 'time'
      ? result.rows.map((row) => ({ t: timeValue(row[how.x]), row })).filter((r): r is { t: number; row: unknown[] } => r.t !== null).sort((a, b) => a.t - b.t)
      : [];
    const numbers = (i: number, list: unknown[][]) => list.map((row) => { const v = Number(row[i]); return row[i] === null || !Number.isFinite(v) ? null : v; });
    return { data: [rows.map((r) => r.t / 1000), ...how.ys.map((y) => numbers(y, rows.map((r) => r.row)))] as uPlot.AlignedData, names: how.ys.map((y) => result.columns[y]?.name ?? '') };
  }, [result, how.kind, how.x]);
  if (how.kind === 'bars') {
    const y = how.ys[0]!;
    const look = looks(result)[y] ?? { group: true, decimals: null };
    const rows = result.rows.slice(0, 30).map((row) => ({ key: cell(row[how.x]), value: Number(row[y]), text: shownNumber(row[y], look) }));
    const top = Math.max(...rows.map((r) => Math.abs(r.value)), 1e-12);
    return (
      <figure class="bars" style={{ '--key': `${Math.min(24, 1 + Math.max(...rows.map((r) => Array.from(r.key).length)))}ch` } as never} aria-label={`${names[0]} by ${result.columns[how.x]?.name}`}>
        <ol>{rows.map((r, i) => <li key={i}><span class="bars-key" dir="auto">{r.key}</span><span class="bars-track"><i class={r.value < 0 ? 'below' : ''} style={{ width: `${(Math.abs(r.value) / top) * 100}%` }} /></span><b>{r.text}</b></li>)}</ol>
      </figure>
    );
  }
  return (
    <figure class="chart card" role="img" aria-label={`${names.join(', ')} over time; the same figures are in the table below`}>
      <p class="legend">{names.map((n, i) => <span key={n}><i class="swatch" style={{ background: `var(--${kInks[i]})` }} />{n}</span>)}</p>
      <Plot height={220} data={data} shape={`sql|${names.join('|')}`} options={() => ({
        legend: { show: false }, cursor: { show: false }, axes: [timeAxis(), valueAxis((v) => compact(v), 56)],
        series: [{}, ...names.map((_, i): uPlot.Series => ({ stroke: () => colour(kInks[i] ?? 'ink'), width: 1.5, points: { show: false }, ...(i ? { dash: [[], [6, 3], [2, 3], [8, 3, 2, 3]][i] ?? [] } : {}) }))],
      })} />
    </figure>
  );
}
