// Hashtag: what is this about.
import { getJson } from '../api/client';
import type { HashtagPage as Data, WindowRow } from '../api/types';
import { useMemo } from 'preact/hooks';
import { kCopies } from '../lib/copies';
import { feltIn } from '../lib/emotions';
import { ago, count, millis, percent, plural, score } from '../lib/format';
import { languageName } from '../lib/names';
import { shownSize, toGrid } from '../lib/series';
import { useResource } from '../state/resource';
import { href, inThePast, now, postsHref, range, spanKey, spanName, spanRequest, tagHref, task, view, whenKnown } from '../state/view';
import { Keywords, Names } from '../ui/about';
import { EmotionChart } from '../ui/emotion_chart';
import { Empty, Failure, Figure, Rank, Skeleton } from '../ui/parts';
import { PostCard } from '../ui/post';
import { TimeChart } from '../ui/time_chart';
import { reasonOf } from './pulse';
import { Figures } from './task';

export function TagPage({ tag }: { tag: string }) {
  const page = useResource<Data>(whenKnown(`tag|${tag}|${spanKey()}`), (abort) => getJson(`/api/v1/hashtags/${encodeURIComponent(tag)}`, spanRequest(), abort), { everyMs: 3000 });
  const d = page.data;
  const past = inThePast.value;
  const sizeMs = d?.size_ms || 60_000;
  const all = spanName.value === 'all' && range.value.from === null;
  const from = all && d?.series[0] ? millis(d.series[0].start) ?? view.value.from : view.value.from;
  const to = view.value.to;
  const rows = (d?.series ?? []) as WindowRow[];
  const drawnMs = shownSize(rows, { from, to }, sizeMs);
  const grid = useMemo(() => toGrid(rows, { from, to }, drawnMs), [d, drawnMs, Math.floor(from / drawnMs), Math.ceil(to / drawnMs)]);
  const felt = d ? feltIn(d.posts, d.emotions, grid) : null;
  const mine = { hashtag: tag, task: '*' };
  return (
    <main id="main" class="page tag" tabIndex={-1}>
      <header class="page-head">
        <div>
          <p class="kicker">Hashtag{task.value !== '*' && <>, whole stream: a hashtag is counted over everything</>}</p>
          <h1 dir="auto">#{tag}</h1>
          {d?.trend && <p class="rule-line"><b class="rising-score">▴ {past ? 'rose' : 'rising'}, score {score(d.trend.score)}</b> · {reasonOf(d.trend, past)}{typeof d.trend.duplicate_share === 'number' && <>, <abbr class="told" title={`Of the 15 minutes. ${kCopies}`}>{percent(d.trend.duplicate_share)} copies</abbr></>}{d.trend.since && !past ? <span class="dim"> · since {ago(millis(d.trend.since), now.value)}</span> : null}</p>}
        </div>
      </header>
      {page.error && !d ? <Failure error={page.error} retry={page.reload} what="This hashtag" /> : !d ? <Skeleton lines={8} height={560} /> : d.posts === 0 ? (
        <Empty title={`No post with #${tag} in this span`}><p>Choose a longer range above, look for <a href={postsHref({ q: tag, task: '*' })}>posts with the word “{tag}”</a>, or see <a href={href('/trends')}>what rises now</a>.</p></Empty>
      ) : (
        <>
          <div class="with-copies">
            <Figures summary={d} tag="*" hashtag={tag} />
            {typeof d.copy_share === 'number' && <Figure value={percent(d.copy_share)} label="copies in this span" href={postsHref(mine)} title={kCopies} />}
          </div>
          <section class="card" aria-label="Course"><TimeChart title={`#${tag}`} grid={grid} view={{ from, to }} filter={mine} height={260} /></section>
          {felt && <section class="card" aria-label="Emotion over time"><EmotionChart felt={felt} grid={grid} view={{ from, to }} filter={mine} /></section>}
          <div class="ranks">
            <Rank title="Used together with" rows={d.cohashtags} of={d.posts} to={tagHref} name={(k) => `#${k}`} posts={(k) => postsHref({ ...mine, q: `#${k}` })} empty="Always used alone." />
            {d.entities && <Names rows={d.entities} about={mine} />}
            <Keywords about={mine} posts={d.posts} />
            <Rank title="Words" rows={d.words} to={(k) => postsHref({ ...mine, q: k })} empty="No frequent words yet." />
            <Rank title="Languages" rows={d.languages} of={d.posts} name={languageName} to={(k) => postsHref({ ...mine, lang: k })} />
          </div>
          <div class="columns">
            <section aria-label="First posts"><h2 class="serif-head">First posts <span class="dim">of this span</span></h2>{d.first_posts.map((p) => <PostCard key={p.id} post={p} />)}</section>
            <section aria-label="Newest posts"><h2 class="serif-head">Newest <span class="dim">of {plural(d.posts, 'post')}</span></h2>{d.newest.slice(0, d.first_posts.length + 2).map((p) => <PostCard key={p.id} post={p} />)}</section>
          </div>
        </>
      )}
    </main>
  );
}
export { count };
