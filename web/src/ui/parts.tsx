// Small pieces that every page uses.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client';
import type { KeyCount, Label, Labels } from '../api/types';
import { compact, count, percent, points } from '../lib/format';
import { kLabels, kSigns, shareOf, total } from '../lib/series';
import { postsHref, type PostFilter } from '../state/view';

export function Sign({ label }: { label: Label }) {
  return <i class={`sign is-${label}`} aria-hidden="true">{kSigns[label]}</i>;
}

/// Text from outside: any script, either direction, never markup.
export function Said({ children, as: Tag = 'span', class: name }: { children: string; as?: 'span' | 'p' | 'q'; class?: string }) {
  return <Tag dir="auto" class={name ? `said ${name}` : 'said'}>{children}</Tag>;
}

interface SharesProps {
  labels: Labels | undefined;
  /// Where a number leads; null for a picture only.
  filter: PostFilter | null;
  /// The same shares over a longer time: differences are told in points.
  before?: Labels | undefined;
  beforeName?: string;
  /// The same over the last day, told on request.
  long?: Labels | undefined;
  size?: 'small' | 'large';
}
/// Shares of the four classes: a bar with hatching for mixed, and the figures in words.
export function Shares({ labels, filter, before, beforeName, long, size = 'small' }: SharesProps) {
  const all = total(labels);
  return (
    <div class={`shares ${size}`}>
      <div class="share-bar" aria-hidden="true">
        {all > 0 ? kLabels.map((l) => <i key={l} class={`sw-${l}`} style={{ width: `${(shareOf(labels, l) ?? 0) * 100}%` }} />) : <i class="sw-none" style={{ width: '100%' }} />}
      </div>
      <ul class="share-list">
        {kLabels.map((l) => {
          const share = shareOf(labels, l);
          const old = shareOf(before, l);
          const body = (
            <>
              <Sign label={l} /> <b>{percent(share)}</b>
              <span class={size === 'large' ? 'dim' : 'vh'}> {l}</span>
              {old !== null && share !== null && <span class="delta" title={`${percent(old)} in ${beforeName ?? ''}${shareOf(long, l) === null ? '' : `, ${percent(shareOf(long, l))} in the last day`}`}><span class="vh">, </span>{points(share, old)}<span class="vh"> points on {beforeName}</span></span>}
            </>
          );
          return <li key={l} class={`is-${l}`}>{filter && share !== null ? <a href={postsHref({ ...filter, label4: l })}>{body}</a> : <span>{body}</span>}</li>;
        })}
      </ul>
    </div>
  );
}

interface RankProps {
  title: string;
  rows: readonly KeyCount[] | undefined;
  /// Whole that shares are of; without it bars compare with the first row only.
  of?: number;
  name?: (key: string) => ComponentChildren;
  to: (key: string) => string;
  /// Leads to the posts when `to` leads to a page.
  posts?: (key: string) => string;
  most?: number;
  empty?: ComponentChildren;
  approximate?: boolean;
  /// A word beside the key that leads nowhere.
  aside?: (key: string) => string;
  /// Rows that stand in another order than that of their counts have no bars: "×12".
  unordered?: boolean;
  /// Beside the title, and below the rows.
  tool?: ComponentChildren;
  note?: ComponentChildren;
}
export function Rank({ title, rows, of, name, to, posts, most = 10, empty = 'Nothing in this span yet.', approximate, aside, unordered = false, tool, note }: RankProps) {
  const shown = (rows ?? []).slice(0, most);
  const top = Math.max(1, ...shown.map((r) => r.count));
  return (
    <section class="rank card" aria-label={title}>
      <h2><bdi>{title}</bdi>{approximate && <abbr class="approx" title="Counted with a bounded table: large counts are right, the tail is approximate.">≈</abbr>}{tool}</h2>
      {shown.length === 0 ? <p class="empty-line">{rows ? empty : ' '}</p> : (
        <ol>
          {shown.map((row) => (
            <li key={row.key}>
              {!unordered && <span class="rank-bar" aria-hidden="true" style={{ width: `${(row.count / top) * 100}%` }} />}
              <a class="rank-key" href={to(row.key)}><bdi>{name ? name(row.key) : row.key}</bdi></a>
              {aside && <span class="rank-aside">{aside(row.key)}</span>}
              <a class="rank-count" href={(posts ?? to)(row.key)}>{unordered && '×'}{count(row.count)}{of ? <span class="dim"> {percent(row.count / of)}</span> : null}</a>
            </li>
          ))}
        </ol>
      )}
      {note && shown.length > 0 && <p class="note">{note}</p>}
    </section>
  );
}

// --- states: each says what to do next
export function Skeleton({ lines = 3, height }: { lines?: number; height?: number }) {
  return (
    <div class="skeleton" role="status" style={height ? { height: `${height}px` } : {}}>
      <span class="vh">Loading</span>
      {Array.from({ length: lines }, (_, i) => <i key={i} />)}
    </div>
  );
}
/// The server's messages begin small and have no stop, so that they can stand in a line of a log.
export const sentence = (text: string): string => (text ? text[0]!.toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? '' : '.') : '');
export function Failure({ error, retry, what }: { error: ApiError; retry?: () => void; what: string }) {
  return (
    <div class="state state-error" role="alert">
      <h2>{error.status === 0 ? 'No answer from heartbeat' : `${what} could not be read`}</h2>
      <p dir="auto">{sentence(error.detail || error.title)}</p>
      <p class="dim">{error.hint ? sentence(error.hint) : (error.status >= 500 ? 'This page tries again by itself. If it lasts, see Health.' : 'Change the request and try again.')}</p>
      {retry && <button type="button" class="button" onClick={retry}>Try again</button>}
    </div>
  );
}
export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return <div class="state"><h2>{title}</h2>{children}</div>;
}

export function Figure({ value, unit, label, href, approx, title }: { value: string; unit?: string; label: string; href?: string; approx?: boolean; title?: string }) {
  const body = <><b>{approx && <abbr class="approx" title="Approximate: counted by a sketch beyond 4,096.">≈</abbr>}{value}</b>{unit && <span class="unit"> {unit}</span>}</>;
  return (
    <div class="figure" title={title}>
      {href ? <a href={href}>{body}</a> : <span>{body}</span>}
      <span class="figure-label">{label}</span>
    </div>
  );
}
export { compact };
