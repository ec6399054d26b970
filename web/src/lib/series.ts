// Window rows as columns for a chart: a regular grid of time, with holes where nothing was posted. Pure.
import type { Emotion, Label, Labels, WindowRow } from '../api/types';
import { kEmotions } from './emotions';
import { millis } from './format';
import { type Interval } from './range';

/// Bottom to top in every stack, left to right in every bar: the poles get the two straight edges.
export const kLabels: readonly Label[] = ['negative', 'mixed', 'neutral', 'positive'];
/// Colour is never the only sign.
export const kSigns: Record<Label, string> = { negative: '▼', neutral: '●', positive: '▲', mixed: '◆' };

export interface Grid {
  /// Window starts in seconds, as uPlot counts.
  x: number[];
  posts: (number | null)[];
  counts: Record<Label, (number | null)[]>;
  mood: (number | null)[];
  subjectivity: (number | null)[];
  completeness: (number | null)[];
  final: (boolean | null)[];
  /// Posts in which an emotion was looked for; null where none was, as before there was a model for it.
  read: (number | null)[];
  emotions: Record<Emotion, (number | null)[]>;
  sizeMs: number;
}

const kMostWindows = 4000;

/// How positive minus how negative, -1..1: the average polarity where the row has one.
export function moodOf(row: Pick<WindowRow, 'polarity' | 'pos' | 'neg'>): number | null {
  if (typeof row.pos === 'number' && typeof row.neg === 'number') return row.pos - row.neg;
  return typeof row.polarity === 'number' ? row.polarity : null;
}
/// Rows without counts (a hashtag's course) give their averages, scaled to posts.
export function labelsOf(row: WindowRow): Labels {
  if (row.labels) return row.labels;
  const share = { negative: row.neg ?? 0, neutral: row.neu ?? 0, positive: row.pos ?? 0 };
  const sum = share.negative + share.neutral + share.positive || 1;
  return { negative: (row.posts * share.negative) / sum, neutral: (row.posts * share.neutral) / sum, positive: (row.posts * share.positive) / sum, mixed: 0 };
}

export function toGrid(rows: readonly WindowRow[], view: Interval, sizeMs: number): Grid {
  const first = Math.floor(view.from / sizeMs) * sizeMs;
  const wanted = Math.max(1, Math.ceil((view.to - first) / sizeMs));
  const length = Math.min(wanted, kMostWindows);
  const start = first + (wanted - length) * sizeMs; // Too many: keep the newest.
  const holes = <T>() => new Array<T | null>(length).fill(null);
  const grid: Grid = {
    x: Array.from({ length }, (_, i) => (start + i * sizeMs) / 1000),
    posts: holes(), mood: holes(), subjectivity: holes(), completeness: holes(), final: holes(), sizeMs,
    counts: { negative: holes(), neutral: holes(), positive: holes(), mixed: holes() },
    read: holes(), emotions: { anger: holes(), joy: holes(), optimism: holes(), sadness: holes() },
  };
  for (const row of rows) {
    const t = millis(row.start);
    if (t === null) continue;
    const i = Math.floor((t - start) / sizeMs);
    if (i < 0 || i >= length) continue;
    // Several rows may share a window of the grid (see shownSize): counts add up, averages weigh by posts.
    const labels = labelsOf(row);
    const before = grid.posts[i] ?? 0;
    const both = before + row.posts;
    const mix = (old: number | null | undefined, fresh: number | null | undefined): number | null => {
      if (fresh === null || fresh === undefined) return old ?? null;
      return old === null || old === undefined || before === 0 ? fresh : (old * before + fresh * row.posts) / (both || 1);
    };
    for (const label of kLabels) grid.counts[label][i] = (grid.counts[label][i] ?? 0) + (labels[label] ?? 0);
    grid.mood[i] = mix(grid.mood[i], row.posts ? moodOf(row) : null);
    grid.subjectivity[i] = mix(grid.subjectivity[i], row.subjectivity);
    if (typeof row.completeness === 'number') grid.completeness[i] = Math.min(grid.completeness[i] ?? 1, row.completeness);
    if (typeof row.final === 'boolean') grid.final[i] = (grid.final[i] ?? true) && row.final;
    if (row.emotions) {
      grid.read[i] = (grid.read[i] ?? 0) + row.posts;
      for (const emotion of kEmotions) grid.emotions[emotion][i] = (grid.emotions[emotion][i] ?? 0) + (row.emotions[emotion] ?? 0);
    }
    grid.posts[i] = both;
  }
  return grid;
}

const kManyWindows = 180;
const kFewPosts = 6;
/// Window length to draw: where posts are too few for the length they were fetched in, several are joined; a mood of
/// single posts is noise.
export function shownSize(rows: readonly WindowRow[], view: Interval, sizeMs: number): number {
  if ((view.to - view.from) / sizeMs <= kManyWindows || rows.length === 0) return sizeMs;
  const posts = rows.reduce((sum, row) => sum + row.posts, 0);
  if (posts / rows.length >= kFewPosts) return sizeMs;
  return sizeMs < 900_000 ? 900_000 : sizeMs < 3_600_000 ? 3_600_000 : 21_600_000;
}

/// Heights of a stack, topmost first, as counts or as shares of the window.
export function stacked(grid: Grid, share: boolean): (number | null)[][] {
  const out: (number | null)[][] = [];
  const sums: (number | null)[] = grid.posts.map((posts) => (posts === null ? null : 0));
  const totals = grid.posts.map((_, i) => kLabels.reduce((sum, label) => sum + (grid.counts[label][i] ?? 0), 0));
  for (const label of kLabels) {
    const layer = grid.counts[label];
    out.unshift(sums.map((sum, i) => {
      if (sum === null) return null;
      const total = totals[i] ?? 0;
      const next = sum + (share ? (total > 0 ? (layer[i] ?? 0) / total : 0) : (layer[i] ?? 0));
      sums[i] = next;
      return next;
    }));
  }
  return out;
}

/// Newer rows replace older ones of the same start; what fell out of view is dropped.
export function mergeRows<R extends WindowRow>(rows: readonly R[], fresh: readonly R[], view: Interval, sizeMs: number): R[] {
  if (fresh.length === 0) return rows as R[];
  const byStart = new Map(rows.map((row) => [row.start, row]));
  for (const row of fresh) {
    const known = byStart.get(row.start);
    if (known && (row.revision ?? 0) < (known.revision ?? 0)) continue;
    // The live stream does not count topics: those of the last answer stand until the next.
    byStart.set(row.start, known?.topics && !row.topics ? { ...row, topics: known.topics } : row);
  }
  return [...byStart.values()]
    .filter((row) => { const t = millis(row.start) ?? 0; return t + sizeMs > view.from && t <= view.to; })
    .sort((a, b) => (a.start < b.start ? -1 : 1));
}

export function total(labels: Labels | undefined): number {
  return kLabels.reduce((sum, label) => sum + (labels?.[label] ?? 0), 0);
}
export function shareOf(labels: Labels | undefined, label: Label): number | null {
  const all = total(labels);
  return all > 0 ? (labels?.[label] ?? 0) / all : null;
}
/// At most `most` rows for a table: neighbours are summed, so that nothing is left out.
export function coarseRows(grid: Grid, most: number): { start: number; end: number; posts: number; labels: Labels; mood: number | null }[] {
  const step = Math.max(1, Math.ceil(grid.x.length / most));
  const out = [];
  for (let i = 0; i < grid.x.length; i += step) {
    const end = Math.min(i + step, grid.x.length);
    let posts = 0;
    let mood = 0;
    const labels: Labels = { negative: 0, neutral: 0, positive: 0, mixed: 0 };
    for (let j = i; j < end; j++) {
      const n = grid.posts[j] ?? 0;
      posts += n;
      mood += n * (grid.mood[j] ?? 0);
      for (const label of kLabels) labels[label] = (labels[label] ?? 0) + (grid.counts[label][j] ?? 0);
    }
    out.push({ start: (grid.x[i] ?? 0) * 1000, end: (grid.x[end - 1] ?? 0) * 1000 + grid.sizeMs, posts, labels, mood: posts ? mood / posts : null });
  }
  return out;
}
