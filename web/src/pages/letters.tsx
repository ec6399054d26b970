// Dead letters: what could not be used, why, and another try: as it is, with other columns, or with the row mended.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getJson, sendJson } from '../api/client';
import type { DeadLetter, DeadLetterPage, Replayed } from '../api/types';
import { ago, bytes, count, dateTime, millis, plural } from '../lib/format';
import { changesOf, contextOf, editable, heldInPlace, kFormats, outcomeOf, summary, type Outcome } from '../lib/letters';
import { sourceTitle } from '../lib/names';
import { zone } from '../state/prefs';
import { useResource } from '../state/resource';
import { params, setParams, status } from '../state/view';
import { Empty, Failure, sentence, Skeleton } from '../ui/parts';

const kPage = 50;
const kNewestUsed = 500; // What one answer of the API holds at most.
/// A replay of many is answered before its end.
const kLooks = 20;
const kLookMs = 500;
const kAddress = '/api/v1/deadletters';
/// Letters come and are tried by the clock on the wall, also while a file of years ago is replayed.
const age = (time: string | null | undefined): string => ago(millis(time), Date.now());

export function DeadLetters() {
  const used = params.value.get('state') === 'replayed';
  const [cursor, setCursor] = useState<string | null>(null);
  useEffect(() => setCursor(null), [used]);
  const usedCount = useResource<DeadLetterPage>('dead-used', (abort) => getJson(kAddress, { state: 'replayed', limit: 1 }, abort), { everyMs: 10_000, always: true });
  const [editing, setEditing] = useState<string | null>(null);
  // While somebody mends a row the list holds still.
  const page = useResource<DeadLetterPage>(`dead|${used}|${cursor}`, (abort) => getJson(kAddress, { limit: kPage, cursor, state: used ? 'replayed' : undefined }, abort), { everyMs: editing === null ? 5000 : 0, always: true });
  const replays = useReplays(used, () => { page.reload(); usedCount.reload(); });
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const shown = useRef<DeadLetter[]>([]);
  useEffect(() => { shown.current = []; }, [used, cursor]);

  if (page.error && !page.data) return <Failure error={page.error} retry={page.reload} what="The dead letters" />;
  if (!page.data) return <Skeleton lines={6} height={320} />;
  const total = page.data.total;
  // A letter that was used leaves the list, but not from under the eyes of whoever replayed it.
  const letters = shown.current = heldInPlace(shown.current, page.data.dead_letters, (id) => ['running', 'used'].includes(replays.of(id)?.state ?? ''));
  const waiting = used ? null : total;
  const ids = letters.map((l) => l.id).filter((id) => chosen.has(id) && replays.of(id)?.state !== 'used');
  const replay = (body: ReplayBody) => { setEditing(null); setChosen(new Set()); void replays.run(body, letters); };
  return (
    <section aria-label="Dead letters">
      <div class="posts-status">
        <div class="spans" role="group" aria-label="Which dead letters">
          <button type="button" aria-pressed={!used} onClick={() => setParams({ state: null })}>Waiting{waiting === null ? '' : ` ${count(waiting)}`}</button>
          <button type="button" aria-pressed={used} onClick={() => setParams({ state: 'replayed' })}>Used{usedCount.data ? ` ${count(usedCount.data.total)}` : ''}</button>
        </div>
        {!used && total > 0 && (
          <p class="inline-form">
            <button type="button" class="button" disabled={ids.length === 0 || replays.busy} onClick={() => replay({ ids })}>Replay {ids.length || 'chosen'}</button>
            {asking ? (
              <><span>Replay all {count(total)}?</span><button type="button" class="button primary" disabled={replays.busy} onClick={() => { setAsking(false); replay({ all: true }); }}>Replay</button><button type="button" class="button" onClick={() => setAsking(false)}>Leave them</button></>
            ) : <button type="button" class="button" disabled={replays.busy} onClick={() => setAsking(true)}>Replay all</button>}
          </p>
        )}
      </div>
      <p class="note letters-said" role="status">{replays.said || (letters.length === 0 ? '' : used ? 'Letters that could be used when they were replayed: each is a post now.' : 'Each is tried again as it was read; one that can be used becomes a post, the others stay with the new reason.')}</p>
      {letters.length === 0 && (used
        ? <Empty title="None was replayed yet"><p>A letter that can be used when it is replayed is noted here, with the time.</p></Empty>
        : <Empty title="No dead letters"><p>Everything that came in could be read. A row that cannot be used would wait here with its reason, and could be replayed once the cause is gone.</p></Empty>)}
      {letters.length > 0 && <ol class="letters">
        {letters.map((l) => (used ? <UsedLetter key={l.id} letter={l} /> : (
          <Letter key={l.id} letter={l} outcome={replays.of(l.id)} busy={replays.busy} chosen={chosen.has(l.id)} editing={editing === l.id}
            choose={(on) => { const next = new Set(chosen); if (on) next.add(l.id); else next.delete(l.id); setChosen(next); }}
            edit={(on) => setEditing(on ? l.id : null)} replay={(changes) => replay({ ids: [l.id], ...changes })} />
        )))}
      </ol>}
      <p class="more inline-form">{cursor && <button type="button" class="button" onClick={() => setCursor(null)}>Newest</button>}{page.data.next && <button type="button" class="button" onClick={() => setCursor(page.data?.next ?? null)}>Older</button>}</p>
    </section>
  );
}

interface Changes { map?: string; format?: string; raw?: string }
type ReplayBody = ({ ids: string[] } | { all: true }) & Changes;

/// Replays, one at a time, and what became of each letter on the page.
function useReplays(used: boolean, reload: () => void) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  useEffect(() => { setSaid(''); setOutcomes(new Map()); }, [used]);
  const run = async (body: ReplayBody, letters: readonly DeadLetter[]) => {
    const mine = 'ids' in body ? letters.filter((l) => body.ids.includes(l.id)) : letters;
    const tell = (of: (l: DeadLetter) => Outcome) => setOutcomes((old) => new Map([...old, ...mine.map((l) => [l.id, of(l)] as const)]));
    setBusy(true);
    setSaid('');
    tell(() => ({ state: 'running', text: 'Being replayed…' }));
    try {
      const answer = await sendJson<Replayed>('POST', `${kAddress}/replay`, body);
      setSaid(summary(answer));
      for (let look = 0; look < kLooks; look++) {
        const [waiting, gone] = await Promise.all([
          getJson<DeadLetterPage>(kAddress, { limit: kNewestUsed }), getJson<DeadLetterPage>(kAddress, { state: 'replayed', limit: kNewestUsed }),
        ]);
        const of = (l: DeadLetter) => outcomeOf(l, answer, waiting.dead_letters, gone.dead_letters);
        tell(of);
        if (mine.every((l) => of(l).state !== 'running')) break;
        await new Promise((done) => setTimeout(done, kLookMs));
      }
    } catch (error) {
      const e = error as ApiError;
      tell(() => ({ state: 'refused', text: `Not replayed: ${sentence(e.detail || e.title)} ${e.hint ? sentence(e.hint) : ''}` }));
    } finally {
      setBusy(false);
      reload();
    }
  };
  return { run, busy, said, of: (id: string): Outcome | undefined => outcomes.get(id) };
}

interface LetterProps {
  letter: DeadLetter; outcome: Outcome | undefined; busy: boolean; chosen: boolean; editing: boolean;
  choose: (on: boolean) => void; edit: (on: boolean) => void; replay: (changes: Changes) => void;
}
function Letter({ letter: l, outcome, busy, chosen, editing, choose, edit, replay }: LetterProps) {
  const done = outcome?.state === 'used';
  return (
    <li class={`letter letter-${outcome?.state ?? (l.attempts ? 'failed' : 'waiting')}`}>
      <p class="letter-head">
        <label class="check"><input type="checkbox" checked={chosen && !done} disabled={done} onChange={(e) => choose(e.currentTarget.checked)} /> <b dir="auto">{l.reason}</b></label>
        <LetterState letter={l} outcome={outcome} />
      </p>
      <Where letter={l} />
      {!editing && <pre class="code" dir="auto" tabIndex={0} role="region" aria-label={`What came in, letter ${l.id}`}>{l.raw}{l.cut ? '…' : ''}</pre>}
      {editing ? <Editor letter={l} busy={busy} cancel={() => edit(false)} replay={replay} /> : (
        <p class="inline-form letter-tools">
          <button type="button" class="button small" disabled={busy || done} onClick={() => replay({})}>Replay</button>
          <button type="button" class="button small" disabled={busy || done} onClick={() => edit(true)}>Mend and replay…</button>
        </p>
      )}
    </li>
  );
}

const kSigns: Record<Outcome['state'] | 'waiting', string> = { used: '✓', failed: '✕', running: '◐', refused: '✕', waiting: '◐' };
function LetterState({ letter: l, outcome }: { letter: DeadLetter; outcome: Outcome | undefined }) {
  const tries = l.attempts ? `Failed again, tried ${plural(l.attempts, 'time')}, last ${age(l.tried)}` : 'Waiting';
  const state = outcome?.state ?? (l.attempts ? 'failed' : 'waiting');
  return <span class="letter-state" role="status"><i class="state-sign" aria-hidden="true">{kSigns[state]}</i> {outcome?.text ?? tries}</span>;
}

/// The log knows a source by its identity; people by its name.
function Where({ letter: l }: { letter: DeadLetter }) {
  const sources = status.value?.sources ?? [];
  const known = sources.find((s) => s.name === l.source || s.kind === l.source);
  return <p class="dim"><span title={l.source}>{known && !l.location.startsWith(sourceTitle(known, sources)) ? `${sourceTitle(known, sources)}, ` : ''}</span>{l.location} · <time dateTime={l.time} title={dateTime(millis(l.time) ?? 0, zone.value)}>came {age(l.time)}</time>{l.bytes ? ` · ${bytes(l.bytes)}` : ''}</p>;
}

function UsedLetter({ letter: l }: { letter: DeadLetter }) {
  return (
    <li class="letter letter-used">
      <p class="letter-head"><b dir="auto">{l.reason}</b><span class="letter-state"><i class="state-sign" aria-hidden="true">✓</i> Used {l.replayed ? <time dateTime={l.replayed} title={dateTime(millis(l.replayed) ?? 0, zone.value)}>{age(l.replayed)}</time> : ''}, at try {count(l.attempts ?? 1)}</span></p>
      <Where letter={l} />
    </li>
  );
}

/// What the API offers: the bytes, the columns and the format in place of the letter's own.
function Editor({ letter: l, busy, cancel, replay }: { letter: DeadLetter; busy: boolean; cancel: () => void; replay: (changes: Changes) => void }) {
  const context = contextOf(l);
  const text = editable(l);
  const [raw, setRaw] = useState(text.raw);
  const [map, setMap] = useState(context.map);
  const [format, setFormat] = useState('');
  const first = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  // Before the browser paints: what is typed at once must not land in another field.
  useLayoutEffect(() => { first.current?.focus(); }, []);
  const columns = context.tabular && (format === '' || format === 'csv' || format === 'tsv' || format === 'auto');
  return (
    <form class="letter-editor" onSubmit={(e) => { e.preventDefault(); if (!busy) replay(changesOf(l, { raw, map: columns ? map : context.map, format })); }}
      onKeyDown={(e) => { if (e.key === 'Escape') { e.stopPropagation(); cancel(); } }}>
      {text.can ? (
        <label>The row, as it should have been <textarea ref={first as never} class="code" rows={Math.min(12, Math.max(3, raw.split('\n').length + 1))} dir="auto" spellcheck={false} autocapitalize="off" value={raw} onInput={(e) => setRaw(e.currentTarget.value)} /></label>
      ) : <pre class="code" dir="auto" tabIndex={0} role="region" aria-label={`What came in, letter ${l.id}`}>{l.raw}{l.cut ? '…' : ''}</pre>}
      {text.why && <p class="note">{text.why}</p>}
      {context.tabular && (
        <label>Which column is what <input ref={text.can ? undefined : first as never} type="text" class="code" dir="ltr" spellcheck={false} autocapitalize="off" value={map} disabled={!columns} placeholder="content=text,time=created_at" onInput={(e) => setMap(e.currentTarget.value)} /></label>
      )}
      {context.header && <p class="note">Columns of its file: <code dir="auto">{context.header}</code></p>}
      <p class="inline-form">
        <label class="field-inline">Read as <select value={format} onChange={(e) => setFormat(e.currentTarget.value)}><option value="">like its file ({context.format})</option>{kFormats.map((f) => <option key={f} value={f}>{f}</option>)}</select></label>
        <button type="submit" class="button primary" disabled={busy}>{busy ? 'Replaying…' : 'Replay'}</button>
        <button type="button" class="button" onClick={cancel}>Leave it</button>
      </p>
    </form>
  );
}
