// Posts: show me. Filters in the URL, newest first, live while nothing is being read.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, download, getJson, withParams } from '../api/client';
import { latestPosts, resets, updates } from '../api/live';
import type { KeyCount, Post, PostsPage as Page, Summary } from '../api/types';
import { count, dateTime, duration, iso, millis, plural } from '../lib/format';
import { kEmotions } from '../lib/emotions';
import { entityOf } from '../lib/entities';
import { topicName } from '../lib/topics';
import { useResource } from '../state/resource';
import { languageName } from '../lib/names';
import { kSigns, kLabels } from '../lib/series';
import { zone } from '../state/prefs';
import { live, params, pause, range, setParams, spanKey, spanName, spanRequest, status, task, view, viewKnown, viewNow, whenKnown } from '../state/view';
import { Empty, Failure, Skeleton } from '../ui/parts';
import { PostCard } from '../ui/post';

export const kFilterNames = ['q', 'label', 'label4', 'lang', 'author', 'source', 'kind', 'hashtag', 'country', 'entity', 'emotion', 'topic'] as const;
const kKinds = ['post', 'repost', 'reply', 'quote'];
const kFelt = [...kEmotions, 'none'];
const kPage = 50;
const kRefreshMs = 1500;
const kMostShown = 1000;

function filters(): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of kFilterNames) {
    const value = params.value.get(name);
    if (value) out[name] = value;
  }
  return out;
}

function request(extra: Record<string, string | number | undefined>) {
  const at = viewNow();
  const fixed = range.peek().from !== null;
  return {
    ...filters(), task: task.peek() === '*' ? undefined : task.peek(),
    from: !fixed && spanName.peek() === 'all' ? undefined : iso(at.from), to: fixed ? iso(at.to) : undefined, limit: kPage, ...extra,
  };
}

export function PostsPage() {
  const subject = JSON.stringify([filters(), task.value]);
  const key = JSON.stringify([subject, range.value]);
  const known = viewKnown.value;
  const held = useRef<{ subject: string; span: string; live: boolean } | null>(null);
  const [state, setState] = useState<{ key: string; posts: Post[]; next: string | null; page: Page | null; error: ApiError | null; busy: boolean }>({ key: '', posts: [], next: null, page: null, error: null, busy: true });
  const [open, setOpen] = useState<string | null>(null);
  const [newer, setNewer] = useState<Post[]>([]);
  const list = useRef<HTMLDivElement>(null);
  const reading = useRef(false);
  const before = useRef<Set<string>>(new Set());

  const load = useCallback(async (cursor: string | null, abort: AbortSignal) => {
    setState((old) => ({ ...old, busy: true }));
    try {
      const page = await getJson<Page>('/api/v1/posts', request(cursor ? { cursor } : {}), abort);
      if (abort.aborted) return;
      setState((old) => {
        const kept = cursor && old.key === key ? old.posts : [];
        const ids = new Set(kept.map((p) => p.id));
        return { key, posts: [...kept, ...page.posts.filter((p) => !ids.has(p.id))], next: page.next, page, error: null, busy: false };
      });
    } catch (error) {
      if (!abort.aborted) setState((old) => ({ ...old, key, posts: old.posts, error: error as ApiError, busy: false }));
    }
  }, [key]);

  useEffect(() => {
    if (!known) return;
    const abort = new AbortController();
    // Held still: what is on screen is the answer already, and may be being read.
    const was = held.current;
    held.current = { subject, span: spanName.value, live: live.value };
    if (was && was.subject === subject && was.span === spanName.value && was.live && !live.value) setState((old) => ({ ...old, key }));
    else {
      setNewer([]);
      setOpen(null);
      void load(null, abort.signal);
    }
    // Live: ask again for the first page; the server applies the same filters, so that nothing is guessed here.
    let busy = false;
    let last = performance.now();
    let skip = true;
    let signalled = false;
    const refresh = async () => {
      busy = true;
      try {
        const page = await getJson<Page>('/api/v1/posts', request({}), abort.signal);
        if (abort.signal.aborted) return;
        setState((old) => {
          if (old.key !== key) return old;
          const ids = new Set(old.posts.map((p) => p.id));
          const fresh = page.posts.filter((p) => !ids.has(p.id));
          if (fresh.length === 0) return old;
          if (reading.current) { setNewer(fresh); return old; }
          // A whole page of new posts: what lies between is not known, so begin anew.
          const gap = fresh.length === page.posts.length && old.posts.length > 0;
          return gap ? { ...old, posts: page.posts, next: page.next, page } : { ...old, posts: [...fresh, ...old.posts].slice(0, kMostShown), page: old.page };
        });
      } catch { /* The connection notice tells; the next round tries again. */ } finally { busy = false; last = performance.now(); }
    };
    const stop = updates.subscribe(() => {
      if (skip) { skip = false; return; }
      if (latestPosts.peek().length) signalled = true;
      if (signalled && live.peek() && !busy && !document.hidden && performance.now() - last > kRefreshMs) { signalled = false; void refresh(); }
    });
    let first = true;
    const stopReset = resets.subscribe(() => { if (!first) void refresh(); first = false; });
    return () => { abort.abort(); stop(); stopReset(); };
  }, [key, known]);

  const more = () => { if (state.next && !state.busy) void load(state.next, new AbortController().signal); };
  const show = useCallback((id: string) => { pause(); setOpen((old) => (old === id ? null : id)); }, []);
  const takeNewer = () => {
    setState((old) => { const ids = new Set(old.posts.map((p) => p.id)); return { ...old, posts: [...newer.filter((p) => !ids.has(p.id)), ...old.posts] }; });
    setNewer([]);
    scrollTo({ top: 0 });
  };
  useEffect(() => {
    const onScroll = () => { reading.current = scrollY > 120; };
    addEventListener('scroll', onScroll, { passive: true });
    return () => removeEventListener('scroll', onScroll);
  }, []);

  const onKey = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest('input,select,textarea') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== 'j' && event.key !== 'k') return;
    const items = [...(list.current?.querySelectorAll<HTMLElement>('article') ?? [])];
    const at = items.findIndex((item) => item.contains(document.activeElement));
    const next = items[Math.max(0, Math.min(items.length - 1, at + (event.key === 'j' ? 1 : -1)))];
    next?.querySelector<HTMLElement>('.post-open')?.focus();
    next?.scrollIntoView({ block: 'nearest' });
  };
  useEffect(() => { addEventListener('keydown', onKey); return () => removeEventListener('keydown', onKey); }, []);

  const current = state.key === key;
  const posts = state.posts; // Those of the view before stay until the new ones are here.
  const oldIds = before.current;
  before.current = new Set(posts.map((p) => p.id));
  const page = state.page;
  return (
    <main id="main" class="page posts" tabIndex={-1}>
      <header class="page-head"><h1>Posts</h1><Export /></header>
      <Filters felt={posts.length === 0 || posts.some((p) => p.emotion)} />
      <div class="posts-status" role="status">
        {current && page && !state.error ? (
          <p>
            <b>{plural(posts.length, 'post')}</b>{state.next ? ' so far' : ''}, newest first{page.took_ms ? <span class="dim"> · answered in {duration(page.took_ms) === '0 s' ? `${Math.round(page.took_ms)} ms` : duration(page.took_ms)}</span> : null}
            {!page.complete && page.scanned_to && <span class="is-warn"> · searched back to {dateTime(millis(page.scanned_to) ?? 0, zone.value)} so far</span>}
          </p>
        ) : <p>{' '}</p>}
        {newer.length > 0 && <button type="button" class="chip" onClick={takeNewer}>{newer.length >= kPage ? `${kPage} or more newer posts` : plural(newer.length, 'newer post')}</button>}
      </div>
      {state.error && current && <Failure error={state.error} what="The posts" retry={() => void load(null, new AbortController().signal)} />}
      <div class="post-list" ref={list} aria-busy={!current}>
        {state.key === '' ? <Skeleton lines={8} height={600} /> : posts.map((post) => <PostCard key={post.id} post={post} open={open === post.id} onToggle={show} fresh={oldIds.size > 0 && !oldIds.has(post.id) && posts.length <= oldIds.size + 20} />)}
      </div>
      {current && !state.error && posts.length === 0 && !state.busy && !state.next && <NoPosts />}
      {current && state.next && <p class="more"><button type="button" class="button" disabled={state.busy} onClick={more}>{state.busy ? 'Loading…' : page?.complete === false ? 'Search further back' : 'Show older posts'}</button></p>}
      {current && !state.next && posts.length > 0 && <p class="more dim">No older posts in this span.</p>}
    </main>
  );
}

function NoPosts() {
  const some = Object.keys(filters()).length > 0;
  return (
    <Empty title="No post fits">
      <p>{some ? 'Nothing in this span fits all filters.' : 'Nothing was posted in this span.'} Try a longer time range above{task.value !== '*' ? ', another task' : ''}{some ? ', or fewer filters' : ''}.</p>
      {some && <button type="button" class="button" onClick={() => setParams(Object.fromEntries(kFilterNames.map((n) => [n, null])))}>Remove all filters</button>}
    </Empty>
  );
}

/// `felt`: nothing speaks against emotions in the posts on screen.
function Filters({ felt }: { felt: boolean }) {
  const q = params.value.get('q') ?? '';
  const [text, setText] = useState(q);
  const timer = useRef<number>();
  useEffect(() => setText(q), [q]);
  const submit = (value: string) => setParams({ q: value.trim() || null }, true);
  const set = filters();
  const others = Object.entries(set).filter(([name]) => name !== 'q' && name !== 'label4');
  const chosen = set.label4 ?? '';
  const names: Record<string, string> = { label: 'three-way label', lang: 'language', author: 'author', source: 'source', kind: 'kind', hashtag: 'hashtag', country: 'country', entity: 'name', emotion: 'emotion', topic: 'topic' };
  // What there is to choose from: the most frequent of this span, asked once.
  const about = useResource<Summary>(whenKnown(`filters|${task.value}|${spanKey()}`), (abort) => getJson('/api/v1/summary', { task: task.value, ...spanRequest() }, abort));
  const topics = (about.data?.topics ?? []).map((row) => row.key);
  // Nothing to choose from where no model looks for it, or it is not used.
  const choosable = set.emotion !== undefined || (felt && status.value?.models.some((m) => m.task === 'emotion'));
  return (
    <form class="filters" role="search" onSubmit={(e) => { e.preventDefault(); clearTimeout(timer.current); submit(text); }}>
      <label class="field-q"><span class="vh">Words</span>
        <input id="search" type="search" placeholder="Words in the post" value={text} dir="auto" spellcheck={false} enterkeyhint="search"
          onInput={(e) => { const v = e.currentTarget.value; setText(v); clearTimeout(timer.current); timer.current = window.setTimeout(() => submit(v), 500); }} />
      </label>
      <div class="spans" role="group" aria-label="Sentiment">
        <button type="button" aria-pressed={chosen === ''} onClick={() => setParams({ label4: null })}>All</button>
        {kLabels.map((l) => <button type="button" key={l} aria-pressed={chosen === l} onClick={() => setParams({ label4: chosen === l ? null : l })}><i class={`sign is-${l}`} aria-hidden="true">{kSigns[l]}</i> {l}</button>)}
      </div>
      <Choice name="lang" label="Language" value={set.lang ?? ''} />
      <label class="field"><span>Kind</span>
        <select value={set.kind ?? ''} onChange={(e) => setParams({ kind: e.currentTarget.value || null })}><option value="">any</option>{kKinds.map((k) => <option key={k}>{k}</option>)}</select>
      </label>
      {choosable && (
        <label class="field"><span>Emotion</span>
          <select value={set.emotion ?? ''} onChange={(e) => setParams({ emotion: e.currentTarget.value || null })}><option value="">any</option>{kFelt.map((e) => <option key={e}>{e}</option>)}</select>
        </label>
      )}
      {(set.topic !== undefined || topics.length > 0) && (
        <label class="field field-topic"><span>Topic</span>
          <select value={set.topic ?? ''} onChange={(e) => setParams({ topic: e.currentTarget.value || null })}><option value="">any</option>{withChosen(topics, set.topic).map((t) => <option key={t} value={t}>{topicNames(t)}</option>)}</select>
        </label>
      )}
      <Choice name="entity" label="Name" value={set.entity ?? ''} known={about.data?.entities} />
      <Choice name="hashtag" label="Hashtag" value={set.hashtag ?? ''} />
      <Choice name="source" label="Source" value={set.source ?? ''} />
      <Choice name="author" label="Author" value={set.author ?? ''} />
      {others.length > 0 && (
        <ul class="filter-chips" aria-label="Filters in force">
          {others.map(([name, value]) => <li key={name}><button type="button" class="chip" onClick={() => setParams({ [name]: null })} title="Remove this filter">{names[name]}: <ChipText name={name} value={value} /> <span aria-hidden="true">×</span><span class="vh">, remove</span></button></li>)}
        </ul>
      )}
    </form>
  );
}

const topicNames = (keys: string) => keys.split('|').map(topicName).join(' and ');
const withChosen = (topics: readonly string[], chosen: string | undefined) => (chosen && !topics.includes(chosen) ? [chosen, ...topics] : topics);

function ChipText({ name, value }: { name: string; value: string }) {
  if (name === 'topic') return <bdi>{topicNames(value)}</bdi>;
  if (name !== 'entity') return <span dir="auto">{name === 'lang' ? languageName(value) : value}</span>;
  const { type, name: shown } = entityOf(value);
  return <><bdi>{shown}</bdi>{type && <span class="dim"> {type}</span>}</>;
}

/// `known`: offered while it is written.
function Choice({ name, label, value, known }: { name: string; label: string; value: string; known?: readonly KeyCount[] | undefined }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const apply = () => { if (text.trim() !== value) setParams({ [name]: text.trim().replace(/^#/, '') || null }); };
  return (
    <label class={`field field-${name}`}><span>{label}</span>
      <input type="text" list={known && `known-${name}`} value={text} placeholder="any" size={8} dir="auto" spellcheck={false} autocapitalize="off" onInput={(e) => setText(e.currentTarget.value)} onBlur={apply}
        onKeyDown={(e) => { if (e.key === 'Enter') { e.preventDefault(); apply(); } }} />
      {known && <datalist id={`known-${name}`}>{known.map((row) => <option key={row.key} value={row.key} />)}</datalist>}
    </label>
  );
}

function Export() {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const save = async (format: string) => {
    setBusy(format);
    setProblem(null);
    try {
      const { limit: _limit, ...rest } = request({});
      await download(withParams('/api/v1/posts/export', { format, ...rest }), `heartbeat-posts-${iso(viewNow().to).slice(0, 16).replace(/[:T]/g, '-')}.${format}`);
    } catch (error) { setProblem((error as Error).message); } finally { setBusy(null); }
  };
  return (
    <div class="export" role="group" aria-label="Export these posts">
      <span class="dim">Export</span>
      {['csv', 'jsonl', 'parquet'].map((f) => <button type="button" key={f} class="linklike" disabled={busy !== null} onClick={() => void save(f)}>{busy === f ? 'Saving…' : f === 'parquet' ? 'Parquet' : f.toUpperCase()}</button>)}
      {problem && <span class="is-warn" role="alert">{problem}</span>}
    </div>
  );
}
export { count, view };
