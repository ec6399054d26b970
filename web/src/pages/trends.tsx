// Trends: what rises, and why we say so.
import { getJson } from '../api/client';
import type { KeyCount, Task, Trend } from '../api/types';
import { kCopies } from '../lib/copies';
import { ago, count, dateTime, iso, millis, percent, score } from '../lib/format';
import { countryName, languageName } from '../lib/names';
import { kSpans } from '../lib/range';
import { useResource } from '../state/resource';
import { zone } from '../state/prefs';
import { inThePast, mode, now, params, postsHref, range, setParams, setSpan, spanKey, spanName, spanRequest, tagHref, task, viewKnown, viewNow } from '../state/view';
import { Empty, Failure, Skeleton } from '../ui/parts';
import { Spark } from '../ui/sparkline';

const kLanguages = ['en', 'es', 'fr', 'de', 'pt', 'ar', 'ja', 'ru', 'hi', 'id', 'it', 'tr', 'ko', 'zh'];
const kCountries = ['US', 'GB', 'CA', 'AU', 'IN', 'DE', 'FR', 'ES', 'IT', 'BR', 'MX', 'JP', 'TR', 'UA', 'RU', 'IL', 'EG'];
const keyOf = (l: string | KeyCount) => (typeof l === 'string' ? l : l.key);

export function scopeFilter(scope: string) {
  if (scope.startsWith('task:')) return { task: scope.slice(5) };
  if (scope.startsWith('lang:')) return { task: '*', lang: scope.slice(5) };
  if (scope.startsWith('country:')) return { task: '*', country: scope.slice(8) };
  return { task: '*' };
}

/// What rose in the span in view, each at its strongest moment.
export function spanOfTrends(): { from: string; to?: string | undefined } {
  // "Everything" has no beginning; the server counts a missing one as a day ago.
  const { from, to } = spanRequest();
  return { from: from ?? iso(0), to: to ?? iso(viewNow().to + 1) };
}

export function TrendsPage() {
  // The task chosen at the top is the scope, until another one is chosen here.
  const scope = params.value.get('scope') ?? (task.value === '*' ? 'all' : `task:${task.value}`);
  const tasks = useResource<{ tasks: Task[] }>('tasks', (abort) => getJson('/api/v1/tasks', {}, abort), { always: true });
  // Held still, or at the end of a replay, the question is what rose in the span in view.
  const past = inThePast.value;
  const replaying = mode.value === 'replay';
  const trends = useResource<{ time: string; trends: Trend[] }>(viewKnown.value ? `trends|${scope}|${past ? spanKey() : 'now'}` : null, (abort) => getJson('/api/v1/trending', { scope, kind: 'hashtag', limit: 50, ...(past ? spanOfTrends() : {}) }, abort), { everyMs: 4000 });
  const rows = trends.data?.trends;
  const top = Math.max(4, ...(rows ?? []).map((t) => t.score));
  const known = (value: string, list: string[]) => (value && !list.includes(value) ? [value, ...list] : list);
  const lang = scope.startsWith('lang:') ? scope.slice(5) : '';
  const country = scope.startsWith('country:') ? scope.slice(8) : '';
  const inTask = scope.startsWith('task:') ? scope.slice(5) : '';
  const choose = (kind: string) => (e: { currentTarget: HTMLSelectElement }) => setParams({ scope: e.currentTarget.value ? `${kind}:${e.currentTarget.value}` : 'all' });
  return (
    <main id="main" class="page trends" tabIndex={-1}>
      <header class="page-head">
        <div><h1>{past ? 'What rose' : 'What rises'}</h1><p class="dim">{past ? <>Hashtags used far more in some 15 minutes of this span than is usual for them, by five authors or more; each at its strongest moment.{replaying && <> The file is still being replayed: it has come to {dateTime(now.value, zone.value).replace(/:\d\d$/, '')}.</>}</> : <>Hashtags used far more in the last 15 minutes than is usual for them, by five authors or more{trends.data ? <>, as of {ago(millis(trends.data.time), now.value)}</> : null}.</>}</p></div>
        <div class="scopes" role="group" aria-label="Where">
          <button type="button" class="button" aria-pressed={scope === 'all'} onClick={() => setParams({ scope: 'all' })}>Whole stream</button>
          <label class="field"><span>Task</span><select value={inTask} onChange={choose('task')}><option value="">any</option>{known(inTask, (tasks.data?.tasks ?? []).map((t) => t.tag)).map((t) => <option key={t}>{t}</option>)}</select></label>
          <label class="field"><span>Language</span><select value={lang} onChange={choose('lang')}><option value="">any</option>{known(lang, kLanguages).map((l) => <option key={l} value={l}>{languageName(l)}</option>)}</select></label>
          <label class="field"><span>Country</span><select value={country} onChange={choose('country')}><option value="">any</option>{known(country, kCountries).map((c) => <option key={c} value={c}>{countryName(c)}</option>)}</select></label>
        </div>
      </header>
      {trends.error && !rows ? <Failure error={trends.error} retry={trends.reload} what="The trends" /> : !rows ? <Skeleton lines={9} height={520} /> : rows.length === 0 ? (
        <Nothing past={past} scope={scope} />
      ) : (
        <div class="table-scroll" tabIndex={0} role="region" aria-label="Trends">
          <table class="data trend-table">
            <thead><tr><th scope="col" class="num">#</th><th scope="col">Hashtag</th><th scope="col">{past ? 'Course' : 'Last hour'}</th><th scope="col">Score</th><th scope="col" class="num">In 15 min</th><th scope="col" class="num">Usually</th><th scope="col" class="num">Authors</th><th scope="col" class="num"><abbr class="told" title={`Copies, of the 15 minutes. ${kCopies}`}>Copies</abbr></th><th scope="col">Languages</th><th scope="col">{past ? 'When' : 'Since'}</th></tr></thead>
            <tbody>
              {rows.map((t, i) => {
                const to = millis(t.time) ?? now.value; // End of the 15 minutes that were counted.
                const posts = postsHref({ ...scopeFilter(scope), hashtag: t.key, from: to - kSpans['15m'], to });
                return (
                  <tr key={t.key}>
                    <td class="num dim">{i + 1}</td>
                    <th scope="row"><a class="task-name" href={tagHref(t.key)}><bdi>#{t.key.replace(/^#/, '')}</bdi></a><a class="trend-reason" href={posts}>{t.reason}</a></th>
                    <td class="cell-spark">{t.spark && <Spark values={t.spark} whole={past} height={28} label={`#${t.key}: posts ${past ? 'over the span' : 'a minute over the last hour'}, most ${count(Math.max(0, ...t.spark))}`} />}</td>
                    <td><span class="score"><i aria-hidden="true" style={{ width: `${Math.max(2, Math.sqrt(Math.max(0, t.score) / top) * 100)}%` }} /><b>{score(t.score)}</b></span></td>
                    <td class="num"><a href={posts}>{count(t.count)}</a></td>
                    <td class="num">{t.baseline < 10 ? t.baseline.toFixed(1) : count(t.baseline)}</td>
                    <td class="num"><a href={posts}>{count(t.authors)}</a></td>
                    <td class="num">{percent(t.duplicate_share)}</td>
                    <td>{(t.languages ?? []).filter((l) => keyOf(l) !== 'und').slice(0, 3).map((l) => <a key={keyOf(l)} class="lang-link" href={postsHref({ ...scopeFilter(scope), hashtag: t.key, lang: keyOf(l) })} title={languageName(keyOf(l))}>{keyOf(l)}</a>)}</td>
                    <td class="dim">{past ? dateTime(to, zone.value).replace(/:00$/, '') : t.since ? ago(millis(t.since), now.value) : ''}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
          <p class="note">Score: how far the count lies above the usual level, (count − usual) / √(usual + 1); its bar is drawn on a square root, so that the small ones can be told apart. A hashtag enters at 4 and leaves below 2. Copies: {kCopies.charAt(0).toLowerCase() + kCopies.slice(1)} Above one half a hashtag is not counted as rising.</p>
        </div>
      )}
    </main>
  );
}

/// No trend: what is being waited for, and where to look meanwhile.
function Nothing({ past, scope }: { past: boolean; scope: string }) {
  const replaying = mode.value === 'replay';
  const whole = spanName.value === 'all' && range.value.from === null;
  const wider = past && !whole && <button type="button" class="linklike" onClick={() => setSpan('all')}>Look at everything {replaying ? 'replayed so far' : 'there is'}</button>;
  const elsewhere = scope !== 'all' ? <button type="button" class="linklike" onClick={() => setParams({ scope: 'all' })}>Look at the whole stream</button> : <a href={postsHref({})}>See the newest posts</a>;
  return (
    <Empty title={replaying && past ? 'Nothing has risen here yet' : past ? 'Nothing rose here in this span' : 'Nothing rises here now'}>
      {replaying && past && <p>The file is being replayed, and hashtags are weighed as it goes by: what rises is listed here as soon as its quarter of an hour has been read. It has come to {dateTime(now.value, zone.value).replace(/:\d\d$/, '')}.</p>}
      <p>A hashtag has to be used ten times in 15 minutes, by five authors, and clearly above its own usual level. {wider} {elsewhere}</p>
    </Empty>
  );
}
