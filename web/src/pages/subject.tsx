// Hashtag or topic: what is this about.
import { getJson } from '../api/client';
import type { SubjectPage as Data, WindowRow } from '../api/types';
import { useMemo } from 'preact/hooks';
import { copyWords, kCopies } from '../lib/copies';
import { feltIn } from '../lib/emotions';
import { ago, count, millis, percent, plural, score } from '../lib/format';
import { languageName } from '../lib/names';
import { shownSize, toGrid } from '../lib/series';
import { topicName } from '../lib/topics';
import { useResource } from '../state/resource';
import { href, inThePast, now, postsHref, range, spanKey, spanName, spanRequest, tagHref, task, view, whenKnown } from '../state/view';
import { Keywords, Names, Topics } from '../ui/about';
import { EmotionChart } from '../ui/emotion_chart';
import { Empty, Failure, Figure, Rank, Skeleton } from '../ui/parts';
import { PostCard } from '../ui/post';
import { TimeChart } from '../ui/time_chart';
import { reasonOf } from './pulse';
import { Figures } from './task';

export const TagPage = ({ tag }: { tag: string }) => <SubjectPage name={tag} isTag />;
export const TopicPage = ({ topic }: { topic: string }) => <SubjectPage name={topic} isTag={false} />;

function SubjectPage({ name, isTag }: { name: string; isTag: boolean }) {
  const address = isTag ? 'hashtags' : 'subjects';
  const page = useResource<Data>(whenKnown(`${address}|${name}|${spanKey()}`), (abort) => getJson(`/api/v1/${address}/${encodeURIComponent(name)}`, spanRequest(), abort), { everyMs: 3000 });
  const d = page.data;
  const title = isTag ? `#${name}` : topicName(name);
  const past = inThePast.value;
  const sizeMs = d?.size_ms || 60_000;
  const all = spanName.value === 'all' && range.value.from === null;
  const from = all && d?.series[0] ? millis(d.series[0].start) ?? view.value.from : view.value.from;
  const to = view.value.to;
  const rows = (d?.series ?? []) as WindowRow[];
  const drawnMs = shownSize(rows, { from, to }, sizeMs);
  const grid = useMemo(() => toGrid(rows, { from, to }, drawnMs), [d, drawnMs, Math.floor(from / drawnMs), Math.ceil(to / drawnMs)]);
  const felt = d ? feltIn(d.posts, d.emotions, grid) : null;
  const mine = { task: '*', ...(isTag ? { hashtag: name } : { topic: name }) };
  return (
    <main id="main" class="page tag" tabIndex={-1}>
      <header class="page-head">
        <div>
          <p class="kicker">{isTag ? 'Hashtag' : 'Topic'}{task.value !== '*' && <>, whole stream: a {isTag ? 'hashtag' : 'topic'} is counted over everything</>}</p>
          <h1 dir="auto">{title}</h1>
          {d?.trend && <p class="rule-line"><b class="rising-score">▴ {past ? 'rose' : 'rising'}, score {score(d.trend.score)}</b> · {reasonOf(d.trend, past)}{typeof d.trend.duplicate_share === 'number' && <>, <abbr class="told" title={`Of the 15 minutes. ${kCopies}`}>{percent(d.trend.duplicate_share)} copies</abbr></>}{d.trend.since && !past ? <span class="dim"> · since {ago(millis(d.trend.since), now.value)}</span> : null}</p>}
        </div>
      </header>
      {page.error && !d ? <Failure error={page.error} retry={page.reload} what={isTag ? 'This hashtag' : 'This topic'} /> : !d ? <Skeleton lines={8} height={560} /> : d.posts === 0 ? (
        isTag
          ? <Empty title={`No post with #${name} in this span`}><p>Choose a longer range above, look for <a href={postsHref({ q: name, task: '*' })}>posts with the word “{name}”</a>, or see <a href={href('/trends')}>what rises now</a>.</p></Empty>
          : <Empty title={`No post about ${title} in this span`}><p>Choose a longer range above, or see <a href={href('/task/*')}>which topics there are</a>.</p></Empty>
      ) : (
        <>
          <div class="with-copies">
            <Figures summary={d} filter={mine} />
            {typeof d.copy_share === 'number' && <Figure value={percent(d.copy_share)} label="copies in this span" href={postsHref(mine)} title={kCopies} />}
          </div>
          {typeof d.texts === 'number' && <p class="note copies">{copyWords(d.posts, d.texts)}</p>}
          <section class="card" aria-label="Course"><TimeChart title={title} grid={grid} view={{ from, to }} filter={mine} height={260} /></section>
          {felt && <section class="card" aria-label="Emotion over time"><EmotionChart felt={felt} grid={grid} view={{ from, to }} filter={mine} /></section>}
          <div class="ranks">
            {isTag
              ? <Rank title="Used together with" rows={d.cohashtags} of={d.posts} to={tagHref} name={(k) => `#${k}`} posts={(k) => postsHref({ ...mine, q: `#${k}` })} empty="Always used alone." />
              : <Rank title="Hashtags" rows={d.hashtags} of={d.posts} to={tagHref} name={(k) => `#${k}`} posts={(k) => postsHref({ ...mine, hashtag: k })} empty="No hashtags in these posts." />}
            {d.topics && (d.topics.length > 0 || !isTag) && <Topics rows={d.topics} about={mine} of={d.posts} {...(isTag ? {} : { title: 'Also about', empty: 'About nothing else.' })} />}
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
