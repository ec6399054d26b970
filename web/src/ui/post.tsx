// A post as people wrote it, with what the models say beside it.
import { memo } from './memo';
import { useState } from 'preact/hooks';
import type { Post } from '../api/types';
import { ago, clock, count, dateTime, day, millis, percent, signed } from '../lib/format';
import { entityOf } from '../lib/entities';
import { kEmotions } from '../lib/emotions';
import { topicName } from '../lib/topics';
import { countryName, languageName, safeUrl } from '../lib/names';
import { beginning, segments } from '../lib/segments';
import { kSigns } from '../lib/series';
import { zone } from '../state/prefs';
import { href, now, postsHref, tagHref, taskHref, topicHref } from '../state/view';

const kClampAt = 480; // Code units; longer posts open on request.

export function PostText({ content }: { content: string }) {
  return (
    <>
      {segments(content).map((s, i) => {
        if (s.kind === 'tag') return <a key={i} href={tagHref(s.value)} class="in-text">{s.text}</a>;
        const url = s.kind === 'link' ? safeUrl(s.value) : null;
        if (url) return <a key={i} href={url} class="in-text" target="_blank" rel="noopener noreferrer nofollow">{s.text.replace(/^https?:\/\//, '').slice(0, 60)}</a>;
        return s.text;
      })}
    </>
  );
}

function PostView({ post, open, onToggle, compact = false, fresh = false }: { post: Post; open?: boolean; onToggle?: (id: string) => void; compact?: boolean; fresh?: boolean }) {
  const [whole, setWhole] = useState(false);
  const label = post.label4 ?? post.label;
  const time = millis(post.time) ?? 0;
  const long = post.content.length > kClampAt;
  const z = zone.value;
  const today = day(time, z) === day(now.peek(), z);
  return (
    <article class={`post${label ? ` edge-${label}` : ''}${compact ? ' compact' : ''}${fresh ? ' fresh' : ''}`} data-id={post.id} aria-label={`Post of ${dateTime(time, z)}${label ? `, ${label}` : ''}`}>
      <header>
        {label && <span class={`post-label is-${label}`}><i class="sign" aria-hidden="true">{kSigns[label]}</i> {label}</span>}
        <time dateTime={post.time} title={dateTime(time, z)}>{today || compact ? clock(time, z) : `${day(time, z)}, ${clock(time, z)}`}</time>
        {post.author && <a class="post-author" href={postsHref({ author: post.author })} dir="auto" title="All posts of this author">{post.handle ? `@${post.handle.replace(/^@/, '')}` : post.author.slice(0, 12)}</a>}
        {post.lang && !compact && <a href={postsHref({ lang: post.lang })} title={languageName(post.lang)}>{post.lang}</a>}
        {post.emotion && post.emotion !== 'none' && !compact && <a class="post-emotion" href={postsHref({ emotion: post.emotion })} title="What is felt in it, as far as its words tell">{post.emotion}</a>}
        {!compact && post.kind && post.kind !== 'post' && <span class="dim">{post.kind}</span>}
        {post.task && !compact && <a href={taskHref(post.task)} class="post-task">{post.task}</a>}
        {onToggle && typeof post.neg === 'number' && <span class="post-scores" role="img" aria-label={`negative ${percent(post.neg)}, neutral ${percent(post.neu)}, positive ${percent(post.pos)}`} title={`negative ${percent(post.neg)}, neutral ${percent(post.neu)}, positive ${percent(post.pos)}`}><i class="sw-negative" style={{ width: `${post.neg * 100}%` }} /><i class="sw-neutral" style={{ width: `${(post.neu ?? 0) * 100}%` }} /><i class="sw-positive" style={{ width: `${(post.pos ?? 0) * 100}%` }} /></span>}
        {onToggle && <button type="button" class="post-open" aria-expanded={open} onClick={() => onToggle(post.id)}>{open ? 'Less' : 'Details'}<span class="vh"> of the post of {dateTime(time, z)}</span></button>}
      </header>
      <p class={long && !whole ? 'said clamped' : 'said'} dir="auto" lang={post.lang && post.lang !== 'und' ? post.lang : undefined}><PostText content={long && !whole ? `${beginning(post.content, kClampAt)}…` : post.content} /></p>
      {long && <button type="button" class="linklike" aria-expanded={whole} onClick={() => setWhole(!whole)}>{whole ? 'Show less' : `Show all ${count(post.content.length)} characters`}</button>}
      {open && <PostDetails post={post} />}
    </article>
  );
}
export const PostCard = memo(PostView);

function PostDetails({ post }: { post: Post }) {
  const z = zone.value;
  const rows: [string, preact.ComponentChildren][] = [
    ['time', <>{dateTime(millis(post.time) ?? 0, z)} <span class="dim">({ago(millis(post.time), now.value)})</span></>],
    ['negative, neutral, positive', <>{percent(post.neg)} · {percent(post.neu)} · {percent(post.pos)}</>],
    ['mixed', percent(post.mixed)],
    ['polarity, subjectivity', <>{signed(post.polarity)} · {typeof post.subjectivity === 'number' ? post.subjectivity.toFixed(2) : '–'}</>],
    ['emotion', post.emotion ? <><a href={postsHref({ emotion: post.emotion })}>{post.emotion}</a>{post.emotions && <span class="dim"> · {kEmotions.map((e) => `${e} ${percent(post.emotions![e])}`).join(', ')}</span>}</> : null],
    ['topics', post.topics?.length ? post.topics.map((key, i, all) => <span key={key}><a href={topicHref(key)}><bdi>{topicName(key)}</bdi></a>{i + 1 < all.length ? ', ' : ''}</span>) : null],
    ['names', post.entities?.length ? post.entities.map((key, i, all) => { const { type, name } = entityOf(key); return <span key={i}><a href={postsHref({ entity: key })}><bdi>{name}</bdi></a>{type && <span class="dim"> {type}</span>}{i + 1 < all.length ? ', ' : ''}</span>; }) : null],
    ['language', post.lang ? <a href={postsHref({ lang: post.lang })}>{languageName(post.lang)}</a> : null],
    ['country', post.country ? countryName(post.country) : null],
    ['source', <a href={postsHref({ source: post.source })}>{post.source}</a>],
    ['kind', post.kind ?? null],
    ['tasks', post.tasks?.length ? post.tasks.map((t) => <a key={t} href={taskHref(t)}>{t} </a>) : null],
    ['hashtags', post.hashtags?.length ? post.hashtags.map((t) => <a key={t} href={tagHref(t)} dir="auto">#{t} </a>) : null],
    ['author', post.author ? <a href={postsHref({ author: post.author })} class="code">{post.author}</a> : null],
    ['id', <span class="code">{post.id}</span>],
    ['models', post.models ? <span class="code">{Object.entries(post.models).map(([k, v]) => `${k} ${v}`).join(', ')}</span> : null],
  ];
  return (
    <div class="post-details">
      <dl>{rows.filter((row) => row[1] !== null).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <p><a href={href('/try', { text: beginning(post.content, 1500) })}>Why? See which words weigh in Try</a></p>
    </div>
  );
}
