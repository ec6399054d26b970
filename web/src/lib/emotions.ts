// What is felt, where a model says so: counts of a span and courses for a chart. Pure.
import type { Emotion, Emotions } from '../api/types';
import type { Grid } from './series';

/// As everywhere: what is against stands before what is for.
export const kEmotions: readonly Emotion[] = ['anger', 'sadness', 'optimism', 'joy'];

export interface Felt {
  /// Posts in which an emotion was looked for.
  read: number;
  counts: Record<Emotion, number>;
  /// Read, and without any of the four.
  none: number;
  /// Posts from before there was a model for it, or of a program without one.
  unread: number;
}

/// The emotions of a span: null where none were looked for. A post that was not read is not one without emotion; which
/// ones were not, the windows of the course tell.
export function feltIn(posts: number, emotions: Emotions | undefined, grid: Pick<Grid, 'posts' | 'read'>): Felt | null {
  if (!emotions) return null;
  const counts = { anger: emotions.anger ?? 0, sadness: emotions.sadness ?? 0, optimism: emotions.optimism ?? 0, joy: emotions.joy ?? 0 };
  const some = kEmotions.reduce((sum, e) => sum + counts[e], 0);
  const missed = grid.posts.reduce<number>((sum, n, i) => sum + Math.max(0, (n ?? 0) - (grid.read[i] ?? 0)), 0);
  const read = Math.max(some, posts - missed);
  return { read, counts, none: read - some, unread: Math.max(0, posts - read) };
}

/// Heights of one emotion's course: posts, or shares of those that were read.
export function courseOf(grid: Grid, emotion: Emotion, share: boolean): (number | null)[] {
  const counts = grid.emotions[emotion];
  if (!share) return counts;
  return counts.map((n, i) => { const read = grid.read[i] ?? 0; return n === null || read === 0 ? null : n / read; });
}

const kFewPosts = 10;
/// What the scale of all courses has to hold. A share of a handful of posts is not what it is made for, where there are
/// fuller windows: one angry post of one would press all others flat.
export function highestOf(grid: Grid, share: boolean): number {
  const full = share && grid.read.some((n) => (n ?? 0) >= kFewPosts) ? kFewPosts : 0;
  let highest = 0;
  for (const emotion of kEmotions) {
    courseOf(grid, emotion, share).forEach((n, i) => { if (n !== null && (grid.read[i] ?? 0) >= full) highest = Math.max(highest, n); });
  }
  return highest;
}

const kSteps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
/// A round number at or above the highest value, so that all courses share one scale that can be read.
export function roundTop(highest: number, share: boolean): number {
  const least = share ? 0.05 : 4;
  const value = Math.max(Number.isFinite(highest) ? highest : 0, least);
  const unit = 10 ** Math.floor(Math.log10(value));
  const top = unit * (kSteps.find((s) => s * unit >= value * (1 - 1e-9)) ?? 10);
  return share ? Math.min(1, top) : Math.ceil(top);
}
