// Topics of posts as the API names them, "arts_&_culture", and their course. Pure.
import type { KeyCount, Series } from '../api/types';
import { millis } from './format';
import type { Grid } from './series';

/// As people read it.
export const topicName = (key: string): string => key.replaceAll('_', ' ').trim() || key;

export interface TopicCourse { key: string; posts: number; counts: (number | null)[] }

/// Each topic's posts in the windows of `grid`, in the order of `totals`. The series may have shorter windows.
export function topicCourses(grid: Pick<Grid, 'x' | 'sizeMs'>, series: Pick<Series, 'topics' | 'windows'> | null, totals: readonly KeyCount[]): TopicCourse[] {
  const names = series?.topics ?? [];
  const start = (grid.x[0] ?? 0) * 1000;
  const courses = new Map(names.map((key) => [key, new Array<number | null>(grid.x.length).fill(null)]));
  for (const row of series?.windows ?? []) {
    const t = millis(row.start);
    if (t === null || !row.topics) continue;
    const i = Math.floor((t - start) / grid.sizeMs);
    if (i < 0 || i >= grid.x.length) continue;
    names.forEach((key, n) => { const counts = courses.get(key)!; counts[i] = (counts[i] ?? 0) + (row.topics![n] ?? 0); });
  }
  return totals.filter((row) => courses.has(row.key)).map((row) => ({ key: row.key, posts: row.count, counts: courses.get(row.key)! }));
}
