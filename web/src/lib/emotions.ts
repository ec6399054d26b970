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
