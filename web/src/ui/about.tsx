// What posts are about: the names in them, and the phrases that tell them from other posts.
import { getJson } from '../api/client';
import type { KeyCount, Keywords as Answer } from '../api/types';
import { entityOf, phrase, typesOf } from '../lib/entities';
import { topicName } from '../lib/topics';
import { count, plural } from '../lib/format';
import { languageName } from '../lib/names';
import { useResource } from '../state/resource';
import { params, postsHref, setParams, spanKey, spanRequest, topicHref, whenKnown } from '../state/view';
import { Rank, Skeleton } from './parts';

/// Which posts: of a task ("*": all), with a hashtag, or about a topic.
interface About { task: string; hashtag?: string; topic?: string }

/// Topics, most frequent first. A post may be about several, so that shares need not add up.
export function Topics({ rows, about, of, title = 'Topics', empty = 'No topic was found in these posts.' }: { rows: readonly KeyCount[]; about: About; of: number; title?: string; empty?: string }) {
  return <Rank title={title} rows={rows} of={of} name={topicName} to={topicHref} posts={(topic) => postsHref({ ...about, topic: about.topic ? `${about.topic}|${topic}` : topic })} empty={empty} />;
}

/// Names, most frequent first; `names=` in the address keeps to one type.
export function Names({ rows, about }: { rows: readonly KeyCount[]; about: About }) {
  const type = params.value.get('names') ?? '';
  const types = typesOf(rows.map((row) => row.key));
  const known = type && !types.includes(type) ? [type, ...types] : types;
  const shown = type ? rows.filter((row) => entityOf(row.key).type === type) : rows;
  const tool = known.length > 1 && (
    <label class="rank-tool"><span class="vh">Type of name</span>
      <select value={type} onChange={(e) => setParams({ names: e.currentTarget.value || null }, true)}><option value="">all</option>{known.map((t) => <option key={t}>{t}</option>)}</select>
    </label>
  );
  return (
    <Rank title="Names" rows={shown} name={(key) => entityOf(key).name} {...(type ? {} : { aside: (key: string) => entityOf(key).type })} tool={tool}
      to={(key) => postsHref({ ...about, entity: key })} empty={type ? `No ${type} among the most frequent names.` : 'No names were found in these posts.'} />
  );
}

const kRead = 4000; // The server reads the newest ones.

/// Phrases in the order of their weight, which is not that of their number.
export function Keywords({ about, posts }: { about: About; posts: number }) {
  const asked = useResource<Answer>(whenKnown(`keywords|${about.task}|${about.hashtag ?? ''}|${about.topic ?? ''}|${spanKey()}`),
    (abort) => getJson('/api/v1/keywords', { task: about.task === '*' ? undefined : about.task, hashtag: about.hashtag, topic: about.topic, limit: 10, ...spanRequest() }, abort), { everyMs: 30_000 });
  const k = asked.data;
  if (!k) {
    return (
      <section class="rank card" aria-label="Keywords"><h2>Keywords</h2>
        {asked.error ? <p class="empty-line">They could not be read. <button type="button" class="linklike" onClick={asked.reload}>Try again</button></p> : <Skeleton lines={6} height={250} />}
      </section>
    );
  }
  const language = !k.lang || k.lang === 'und' ? 'whose language is not known' : `in ${languageName(k.lang)}`;
  return (
    <Rank title="Keywords" rows={k.keywords.map((word) => ({ key: word.text, count: word.count }))} unordered
      to={(text) => postsHref({ ...about, q: phrase(text) })} empty="No phrase stands out in these posts."
      note={<>Most telling first, by <abbr class="told" title="Weighs each phrase by how its own words are used in these texts; × says how often it stands in them. A text that was copied is read once.">YAKE</abbr>, from {plural(k.texts, 'text')} of {plural(k.posts, 'post')} {language}{posts > kRead ? `, among the newest ${count(kRead)}` : ''}.</>} />
  );
}
