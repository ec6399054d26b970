// Try: what do the models say, and which words weigh.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, sendJson } from '../api/client';
import type { Analysis, Emotion, Label, Weight } from '../api/types';
import { kEmotions } from '../lib/emotions';
import { entityKey } from '../lib/entities';
import { percent, signed } from '../lib/format';
import { languageName } from '../lib/names';
import { topicName } from '../lib/topics';
import { marks, namePieces } from '../lib/weights';
import { kSigns } from '../lib/series';
import { params, postsHref, setParams, tagHref, topicHref } from '../state/view';
import { Failure } from '../ui/parts';

const kExamples = ['Without makeup, Beauty and Daniella are beautiful', 'Loved the music, hated the queue. Would go again.', 'Three hours on the platform, no trains, no news.', 'Quel marché magnifique ce matin 🥖 #marché', 'The timetable says 18:20 @harbourwatch'];
const kMost = 10_000;

export function TryPage() {
  const [text, setText] = useState(params.value.get('text') ?? kExamples[1]!);
  const [answer, setAnswer] = useState<{ text: string; result: Analysis; models: Record<string, string> } | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const timer = useRef<number>();
  const abort = useRef<AbortController | null>(null);

  const ask = async (value: string) => {
    abort.current?.abort();
    if (!value.trim()) { setAnswer(null); setError(null); return; }
    const mine = new AbortController();
    abort.current = mine;
    try {
      const got = await sendJson<{ results: Analysis[]; models?: Record<string, string> }>('POST', '/api/v1/analyze', { texts: [value], explain: true }, mine.signal);
      if (got.results[0]) { setAnswer({ text: value, result: got.results[0], models: got.models ?? {} }); setError(null); }
    } catch (problem) { if (!mine.signal.aborted) setError(problem as ApiError); }
  };
  const change = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => { setParams({ text: value.length < 1500 ? value : null }, true); void ask(value); }, 250);
  };
  useEffect(() => { void ask(text); return () => { abort.current?.abort(); clearTimeout(timer.current); }; }, []);

  const r = answer?.result;
  return (
    <main id="main" class="page try" tabIndex={-1}>
      <header class="page-head"><div><h1>Try a text</h1><p class="dim">The same models that weigh the stream. Nothing you write here is kept.</p></div></header>
      <div class="try-grid">
        <section aria-label="Text">
          <label class="vh" for="text">Text</label>
          <textarea id="text" class="try-text" rows={3} dir="auto" maxLength={kMost} value={text} onInput={(e) => change(e.currentTarget.value)} placeholder="Write or paste a post, in any language" />
          <p class="examples"><span class="dim">Or one of these:</span> {kExamples.map((t) => <button type="button" key={t} class="chip" onClick={() => change(t)}>{t}</button>)}</p>
        </section>
        {error && <Failure error={error} what="The answer" retry={() => void ask(text)} />}
        {!r && !error && <p class="empty-line">Write something, and every analyzer answers while you type.</p>}
        {r && answer && (
          <>
            <section class="card try-weights" aria-label="Words that weigh"><h2>Words that weigh</h2><Weighted text={answer.text} weights={r.explain?.sentiment ?? []} /><p class="note">The stronger a word pulls, the heavier its mark: <span class="w w-neg">down to negative</span>, <span class="w w-pos">up to positive</span>. {r.explain?.sentiment?.length ? '' : 'No single word stands out here.'}</p></section>
            {r.sentiment && (
              <section class="card" aria-label="Sentiment">
                <h2>Sentiment <span class="dim code">{r.sentiment.model ?? answer.models.sentiment}</span></h2>
                <p class={`verdict is-${r.label4 ?? r.sentiment.label}`}><i class="sign" aria-hidden="true">{kSigns[(r.label4 ?? r.sentiment.label) as Label]}</i> {r.label4 ?? r.sentiment.label}</p>
                <Meter name="negative" value={r.sentiment.neg} sign="negative" /><Meter name="neutral" value={r.sentiment.neu} sign="neutral" /><Meter name="positive" value={r.sentiment.pos} sign="positive" /><Meter name="mixed: both at once" value={r.mixed ?? 0} sign="mixed" />
              </section>
            )}
            {(r.entities?.length ?? 0) > 0 && <section class="card try-weights" aria-label="Names in the text"><h2>Names in the text <span class="dim code">{answer.models.entities}</span></h2><Named text={answer.text} names={r.entities!} /></section>}
            {r.topics && <Topics topics={r.topics} model={answer.models.topics} />}
            {r.emotion && <Emotions emotion={r.emotion} model={answer.models.emotion} />}
            {r.tone && <Tone tone={r.tone} models={answer.models} />}
            <section class="card" aria-label="Polarity">
              <h2>Polarity of words <span class="dim code">{answer.models.polarity}</span></h2>
              <p class="verdict">{signed(r.polarity, 3)}</p>
              <Scale value={r.polarity ?? 0} />
              <p class="try-line">subjectivity <b>{(r.subjectivity ?? 0).toFixed(3)}</b></p>
              {(r.explain?.polarity?.length ?? 0) > 0 && <table class="data"><thead><tr><th scope="col">Word</th><th scope="col" class="num">Polarity</th><th scope="col" class="num">Subjectivity</th></tr></thead><tbody>{r.explain!.polarity!.slice(0, 12).map((w, i) => <tr key={i}><th scope="row" class="said" dir="auto">{w.text}</th><td class="num">{signed(w.polarity)}</td><td class="num">{w.subjectivity.toFixed(2)}</td></tr>)}</tbody></table>}
            </section>
            <section class="card" aria-label="Found in the text">
              <h2>Found in the text</h2>
              <dl class="found">
                {r.lang && <div><dt>language <span class="dim code">{answer.models.language}</span></dt><dd><a href={postsHref({ lang: r.lang, task: '*' })}>{languageName(r.lang)}</a></dd></div>}
                <div><dt>names <span class="dim code">{answer.models.entities}</span></dt><dd class={r.entities?.length ? undefined : 'dim'}>{r.entities?.length ? r.entities.map((e, i) => <span key={i}><a href={postsHref({ entity: entityKey(e.type, e.text), task: '*' })}><bdi>{e.text}</bdi></a> <span class="dim">{e.type}</span>{i + 1 < r.entities!.length ? ', ' : ''}</span>) : 'none'}</dd></div>
                <div><dt>keywords <span class="dim code">{answer.models.keywords}</span></dt><dd class={r.keywords?.length ? undefined : 'dim'}>{r.keywords?.length ? r.keywords.slice(0, 6).map((k, i, all) => <span key={i} dir="auto" title={`score ${k.score.toPrecision(3)}: the lower, the better`}>{k.text}{i + 1 < all.length ? ', ' : ''}</span>) : 'none'}</dd></div>
                <Found name="hashtags" values={r.hashtags} to={tagHref} sign="#" /><Found name="mentions" values={r.mentions} sign="@" /><Found name="cashtags" values={r.cashtags} sign="$" /><Found name="links" values={r.links} sign="" /><Found name="emoji" values={r.emoji} sign="" />
              </dl>
            </section>
          </>
        )}
      </div>
    </main>
  );
}

function Found({ name, values, to, sign }: { name: string; values: string[] | undefined; to?: (v: string) => string; sign: string }) {
  if (!values?.length) return <div><dt>{name}</dt><dd class="dim">none</dd></div>;
  return <div><dt>{name}</dt><dd>{values.map((v, i) => { const shown = v.startsWith(sign) ? v : sign + v; return <span key={i} dir="auto">{to ? <a href={to(v)}>{shown}</a> : shown} </span>; })}</dd></div>;
}
/// A share as a bar, with its sign where it is one of the four labels.
function Meter({ name, value, sign, tone }: { name: string; value: number; sign?: Label; tone?: Emotion | 'none' | 'ink' | 'topic' }) {
  return <div class="meter"><span>{sign && <><i class={`sign is-${sign}`} aria-hidden="true">{kSigns[sign]}</i> </>}{name}</span><span class="bars-track" aria-hidden="true"><i class={`sw-${sign ?? tone}`} style={{ width: `${Math.min(1, Math.max(0, value)) * 100}%` }} /></span><b title={value.toFixed(6)}>{percent(value)}</b></div>;
}
function Emotions({ emotion, model }: { emotion: NonNullable<Analysis['emotion']>; model: string | undefined }) {
  return (
    <section class="card" aria-label="Emotion">
      <h2>Emotion <span class="dim code">{model}</span></h2>
      <p class="verdict">{emotion.label}</p>
      {kEmotions.map((e) => <Meter key={e} name={e} value={emotion[e] ?? 0} tone={e} />)}
      {typeof emotion.none === 'number' && <Meter name="none of these" value={emotion.none} tone="none" />}
    </section>
  );
}
/// Those a post would carry, and what comes next, so that a near miss is seen.
function Topics({ topics, model }: { topics: NonNullable<Analysis['topics']>; model: string | undefined }) {
  return (
    <section class="card" aria-label="Topics">
      <h2>Topics <span class="dim code">{model}</span></h2>
      <p class="verdict">{topics.length === 0 ? 'none' : topics.map((t, i, all) => <span key={t.name}><a href={topicHref(t.name)}><bdi>{topicName(t.name)}</bdi></a>{i + 1 < all.length ? ', ' : ''}</span>)}</p>
      {topics.map((t) => <Meter key={t.name} name={topicName(t.name)} value={t.score} tone="topic" />)}
    </section>
  );
}
/// How something is said.
function Tone({ tone, models }: { tone: NonNullable<Analysis['tone']>; models: Record<string, string> }) {
  const kinds = [['irony', tone.irony], ['offensive', tone.offensive], ['hate', tone.hate]] as const;
  return (
    <section class="card" aria-label="Tone">
      <h2>Tone <span class="dim code">{kinds.map(([name]) => models[name]).filter(Boolean).join(' ')}</span></h2>
      {kinds.map(([name, value]) => typeof value === 'number' && <Meter key={name} name={name} value={value} tone="ink" />)}
      <p class="note">How likely each is, on its own: they need not add up.</p>
    </section>
  );
}
function Scale({ value }: { value: number }) {
  const at = Math.max(-1, Math.min(1, value));
  return <div class="scale" aria-hidden="true"><i class={at < 0 ? 'sw-negative' : 'sw-positive'} style={{ insetInlineStart: `${at < 0 ? 50 + at * 50 : 50}%`, width: `${Math.abs(at) * 50}%` }} /><span>−1</span><span>0</span><span>+1</span></div>;
}
/// The text with each name marked, its type beside it.
function Named({ text, names }: { text: string; names: NonNullable<Analysis['entities']> }) {
  return (
    <p class="said weighted" dir="auto">
      {namePieces(text, names).map((p, i) => (p.type === null ? p.text : <mark key={i} class="named">{p.text}<span class="named-type"> {p.type}</span></mark>))}
    </p>
  );
}
export function Weighted({ text, weights }: { text: string; weights: readonly Weight[] }) {
  return (
    <p class="said weighted" dir="auto">
      {marks(text, weights).map((m, i) => {
        const pull = m.pull;
        if (pull === null) return m.text;
        return <mark key={i} class={`w ${pull < 0 ? 'w-neg' : pull > 0 ? 'w-pos' : ''}`} style={{ '--pull': Math.min(1, Math.abs(pull)).toFixed(2) } as never} title={`${pull < 0 ? 'pulls to negative' : 'pulls to positive'}: ${signed(m.raw)}`}>{m.text}<span class="vh"> ({signed(m.raw)})</span></mark>;
      })}
    </p>
  );
}
