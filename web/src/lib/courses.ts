// Courses that stand side by side on one scale: how often each of several things was counted, window by window. Pure.
import type { Grid } from './series';

export type Counts = readonly (number | null)[];

/// Heights of one course: posts, or shares of those in which it was looked for.
export function heights(counts: Counts, read: Counts, share: boolean): (number | null)[] {
  if (!share) return [...counts];
  return counts.map((n, i) => { const of = read[i] ?? 0; return n === null || of === 0 ? null : n / of; });
}

const kFewPosts = 10;
/// What the scale of all courses has to hold. A share of a handful of posts is not what it is made for, where there are
/// fuller windows: one angry post of one would press all others flat.
export function highest(courses: readonly Counts[], read: Counts, share: boolean): number {
  const full = share && read.some((n) => (n ?? 0) >= kFewPosts) ? kFewPosts : 0;
  let most = 0;
  for (const counts of courses) heights(counts, read, share).forEach((n, i) => { if (n !== null && (read[i] ?? 0) >= full) most = Math.max(most, n); });
  return most;
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

export interface CoarseCounts { start: number; end: number; read: number; counts: number[] }
/// At most `most` rows for a table: neighbours are summed, so that nothing is left out.
export function coarseCounts(grid: Pick<Grid, 'x' | 'sizeMs'>, courses: readonly Counts[], read: Counts, most: number): CoarseCounts[] {
  const step = Math.max(1, Math.ceil(grid.x.length / most));
  const sum = (column: Counts, from: number, to: number) => column.slice(from, to).reduce<number>((all, n) => all + (n ?? 0), 0);
  const out: CoarseCounts[] = [];
  for (let i = 0; i < grid.x.length; i += step) {
    const end = Math.min(i + step, grid.x.length);
    out.push({ start: (grid.x[i] ?? 0) * 1000, end: (grid.x[end - 1] ?? 0) * 1000 + grid.sizeMs, read: sum(read, i, end), counts: courses.map((course) => sum(course, i, end)) });
  }
  return out;
}
