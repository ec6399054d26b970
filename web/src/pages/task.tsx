// Task: how does this subject go.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { getJson } from '../api/client';
import type { Post, PostsPage, Summary, Task } from '../api/types';
import { compact, count, percent, signed } from '../lib/format';
import { feltIn } from '../lib/emotions';
import { moodWords } from '../lib/headline';
import { countryName, languageName } from '../lib/names';
import { total } from '../lib/series';
import { topicCourses } from '../lib/topics';
import { useResource } from '../state/resource';
import { useSeries } from '../state/series';
import { href, postsHref, setParams, spanKey, spanRequest, tagHref, whenKnown, type PostFilter } from '../state/view';
import { Keywords, Names, Topics } from '../ui/about';
import { EmotionChart } from '../ui/emotion_chart';
import { Empty, Failure, Figure, Rank, Shares, Skeleton } from '../ui/parts';
import { PostCard } from '../ui/post';
import { TimeChart } from '../ui/time_chart';
import { TopicChart } from '../ui/topic_chart';

const kTopicCourses = 6;

export function TaskPage({ tag }: { tag: string }) {
  const summary = useResource<Summary>(whenKnown(`summary|${tag}|${spanKey()}`), (abort) => getJson('/api/v1/summary', { task: tag, ...spanRequest() }, abort), { everyMs: 4000 });
  const tasks = useResource<{ tasks: Task[] }>('tasks', (abort) => getJson('/api/v1/tasks', {}, abort), { everyMs: 30_000, always: true });
  const series = useSeries(tag, kTopicCourses);
  const rule = tasks.data?.tasks.find((t) => t.tag === tag);
  const s = summary.data;
  const felt = s && series.data ? feltIn(s.posts, s.emotions, series.grid) : null;
  const topics = useMemo(() => topicCourses(series.grid, series.data && { ...series.data, windows: series.rows }, s?.topics ?? []), [series.grid, series.data, series.rows, s]);
  const gone = tasks.data && !rule && tag !== '*';
  return (
    <main id="main" class="page task" tabIndex={-1}>
      <header class="page-head">
        <div>
          <p class="kicker">{tag === '*' ? 'Whole stream' : 'Task'}</p>
          <h1 dir="auto">{tag === '*' ? 'Everything' : tag}</h1>
          {rule && <p class="rule-line"><code dir="auto">{rule.rule}</code> <button type="button" class="linklike" onClick={() => setParams({ tasks: tag })}>Change rule</button></p>}
          {gone && <p class="note">There is no task of this name now. Posts it picked while it existed are still shown. <a href={href('/', { tasks: 1 })}>See the tasks</a></p>}
        </div>
      </header>
      {summary.error && !s ? <Failure error={summary.error} retry={summary.reload} what="The summary" /> : <Figures summary={s} filter={{ task: tag }} />}
      <section class="card" aria-label="Sentiment over time">
        {series.error && !series.data ? <Failure error={series.error} retry={series.reload} what="The course" /> : series.data ? (
          series.grid.posts.every((p) => p === null) && !series.loading
            ? <Empty title="No posts in this span"><p>Choose a longer range above. If the task is new, it picks posts from the moment it was added: its rule may be too narrow. <button type="button" class="linklike" onClick={() => setParams({ tasks: tag })}>Check the rule</button></p></Empty>
            : <TimeChart title="Sentiment" grid={series.grid} view={series.view} filter={{ task: tag }} height={280} />
        ) : <Skeleton lines={4} height={440} />}
      </section>
      {felt && <section class="card" aria-label="Emotion over time"><EmotionChart felt={felt} grid={series.grid} view={series.view} filter={{ task: tag }} /></section>}
      {s && topics.length > 0 && <section class="card" aria-label="Topics over time"><TopicChart courses={topics} posts={s.posts} grid={series.grid} view={series.view} filter={{ task: tag }} /></section>}
      {s && (series.data || series.error) && (
        <div class="ranks">
          <Rank title="Hashtags" rows={s.hashtags} to={tagHref} name={(k) => `#${k}`} posts={(k) => postsHref({ task: tag, hashtag: k })} approximate={s.approximate} empty="No hashtags in these posts." />
          {s.topics && s.topics.length > 0 && <Topics rows={s.topics} about={{ task: tag }} of={s.posts} />}
          {s.entities && <Names rows={s.entities} about={{ task: tag }} />}
          {s.posts > 0 && <Keywords about={{ task: tag }} posts={s.posts} />}
          <Rank title="Words" rows={s.words} to={(k) => postsHref({ task: tag, q: k })} approximate={s.approximate} empty="No frequent words yet." />
          <Rank title="Languages" rows={s.languages} of={s.posts} name={languageName} to={(k) => postsHref({ task: tag, lang: k })} />
          {(s.countries?.length ?? 0) > 0 && <Rank title="Countries" rows={s.countries} of={s.posts} name={countryName} to={(k) => postsHref({ task: tag, country: k })} />}
          {s.kinds && <Rank title="Kinds" rows={Object.entries(s.kinds).filter(([, n]) => n > 0).map(([key, n]) => ({ key, count: n })).sort((a, b) => b.count - a.count)} of={s.posts} to={(k) => postsHref({ task: tag, kind: k })} />}
        </div>
      )}
      <Notable tag={tag} />
    </main>
  );
}

export function Figures({ summary: s, filter }: { summary: Pick<Summary, 'posts' | 'authors' | 'authors_approximate' | 'labels' | 'polarity' | 'subjectivity' | 'pos' | 'neg'> | null; filter: PostFilter }) {
  if (!s) return <Skeleton lines={2} height={86} />;
  const mood = typeof s.pos === 'number' && typeof s.neg === 'number' ? s.pos - s.neg : null;
  return (
    <section class="figures" aria-label="Figures of this span">
      <Figure value={count(s.posts)} label="posts" href={postsHref(filter)} />
      <Figure value={s.authors >= 1e6 ? compact(s.authors) : count(s.authors)} label="authors" href={postsHref(filter)} approx={s.authors_approximate} />
      {mood !== null && <Figure value={signed(mood)} label={`mood, ${moodWords(mood)}`} href={postsHref(filter)} title="Average positive score minus average negative score, -1 to 1" />}
      <Figure value={signed(s.polarity)} label="polarity of words" href={postsHref(filter)} title="Average polarity of the words (TextBlob's), -1 to 1" />
      {typeof s.subjectivity === 'number' && <Figure value={s.subjectivity.toFixed(2)} label="subjectivity" href={postsHref(filter)} title="Average subjectivity of the words, 0 to 1" />}
      <div class="figures-shares">{total(s.labels) > 0 ? <Shares labels={s.labels} filter={filter} size="large" /> : <p class="dim">No post to weigh yet.</p>}</div>
    </section>
  );
}

/// Not a ranking of everything: the strongest of the newest 200, and it says so.
export function Notable({ tag, hashtag }: { tag: string; hashtag?: string }) {
  const page = useResource<PostsPage>(whenKnown(`notable|${tag}|${hashtag ?? ''}|${spanKey()}`), (abort) => getJson('/api/v1/posts', { task: tag === '*' ? undefined : tag, hashtag, limit: 200, ...spanRequest() }, abort), { everyMs: 20_000 });
  const [open, setOpen] = useState<string | null>(null);
  useEffect(() => setOpen(null), [tag]);
  const picks = useMemo(() => pickNotable(page.data?.posts ?? []), [page.data]);
  if (page.error && !page.data) return <Failure error={page.error} retry={page.reload} what="Notable posts" />;
  if (!page.data || picks.every((p) => p.posts.length === 0)) return null;
  return (
    <section class="notable" aria-label="Notable posts">
      <h2>Notable posts <span class="dim">the strongest of the newest {count(page.data.posts.length)}</span></h2>
      <div class="columns">
        {picks.map((p) => p.posts.length > 0 && (
          <section key={p.name} aria-label={p.name}><h3>{p.name}</h3>{p.posts.map((post) => <PostCard key={post.id} post={post} open={open === post.id} onToggle={(id) => setOpen(open === id ? null : id)} />)}</section>
        ))}
      </div>
    </section>
  );
}
export function pickNotable(posts: readonly Post[]): { name: string; posts: Post[] }[] {
  const used = new Set<string>();
  const take = (weight: (p: Post) => number, least: number): Post[] => {
    const best: Post[] = [];
    for (const post of [...posts].sort((a, b) => weight(b) - weight(a))) {
      const text = post.content.trim().toLowerCase();
      if (best.length === 3 || weight(post) < least) break;
      if (used.has(text)) continue;
      used.add(text);
      best.push(post);
    }
    return best;
  };
  return [
    { name: 'Most negative', posts: take((p) => p.neg ?? 0, 0.5) },
    { name: 'Most mixed', posts: take((p) => p.mixed ?? 0, 0.3) },
    { name: 'Most positive', posts: take((p) => p.pos ?? 0, 0.5) },
  ];
}
export { percent };
