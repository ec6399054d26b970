import assert from 'node:assert/strict';
import test from 'node:test';
import { coarseRows, mergeRows, moodOf, shareOf, shownSize, stacked, toGrid } from './series';
import type { WindowRow } from '../api/types';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const t0 = Date.UTC(2026, 0, 1);
const row = (minute: number, negative: number, positive: number, more: Partial<WindowRow> = {}): WindowRow => ({
  start: at(minute), posts: negative + positive, labels: { negative, neutral: 0, positive, mixed: 0 }, neg: negative / (negative + positive || 1), pos: positive / (negative + positive || 1), neu: 0, completeness: 1, final: true, revision: 1, ...more,
});

test('windows without posts are holes, not zeros', () => {
  const grid = toGrid([row(0, 1, 3), row(3, 2, 2)], { from: t0, to: t0 + 300_000 }, 60_000);
  assert.deepEqual(grid.posts, [4, null, null, 4, null]);
  assert.equal(grid.x[3], t0 / 1000 + 180);
  assert.equal(grid.mood[0], 0.5);
});
test('rows outside the view and unreadable rows are left out', () => {
  const grid = toGrid([row(0, 1, 1), row(59, 1, 1), { ...row(1, 1, 1), start: 'never' }], { from: t0, to: t0 + 60_000 }, 60_000);
  assert.deepEqual(grid.posts, [2]);
});
test('too long a view keeps the newest windows', () => {
  const grid = toGrid([], { from: 0, to: 60_000 * 10_000 }, 60_000);
  assert.equal(grid.x.length, 4000);
  assert.equal(grid.x[3999], 60 * 9999);
});
test('the stack ends at the total, and at one as shares', () => {
  const grid = toGrid([row(0, 1, 3)], { from: t0, to: t0 + 120_000 }, 60_000);
  assert.deepEqual(stacked(grid, false).map((l) => l[0]), [4, 1, 1, 1]);
  assert.deepEqual(stacked(grid, true).map((l) => l[0]), [1, 0.25, 0.25, 0.25]);
  assert.equal(stacked(grid, true)[0]![1], null);
});
test('a newer revision replaces a row, an older one does not', () => {
  const view = { from: t0, to: t0 + 600_000 };
  const base = [row(1, 5, 5, { revision: 2 })];
  assert.equal(mergeRows(base, [row(1, 9, 9, { revision: 3 })], view, 60_000)[0]!.posts, 18);
  assert.equal(mergeRows(base, [row(1, 1, 1, { revision: 1 })], view, 60_000)[0]!.posts, 10);
  assert.deepEqual(mergeRows(base, [row(0, 1, 1)], view, 60_000).map((r) => r.start), [at(0), at(1)]);
  assert.equal(mergeRows(base, [row(2, 1, 1)], { from: t0 + 120_000, to: t0 + 180_000 }, 60_000).length, 1);
});
test('shares of nothing are unknown', () => {
  assert.equal(shareOf(undefined, 'negative'), null);
  assert.equal(shareOf({ negative: 1, mixed: 3 }, 'negative'), 0.25);
});
test('mood falls back to polarity', () => {
  assert.equal(moodOf({ polarity: 0.4 }), 0.4);
  assert.equal(moodOf({ polarity: null }), null);
});
test('a coarse table adds up to the same', () => {
  const grid = toGrid([row(0, 1, 3), row(1, 2, 2), row(4, 0, 7)], { from: t0, to: t0 + 300_000 }, 60_000);
  const rows = coarseRows(grid, 2);
  assert.equal(rows.length, 2);
  assert.equal(rows.reduce((n, r) => n + r.posts, 0), 15);
  assert.equal(rows[0]!.labels.negative, 3);
});
test('rows that share a window of the grid add up, averages weigh by posts', () => {
  const grid = toGrid([row(0, 1, 3, { completeness: 0.5 }), row(1, 4, 0, { final: false }), row(15, 1, 1)], { from: t0, to: t0 + 1_800_000 }, 900_000);
  assert.deepEqual(grid.posts, [8, 2]);
  assert.equal(grid.counts.negative[0], 5);
  assert.equal(grid.mood[0], -0.25);
  assert.equal(grid.completeness[0], 0.5);
  assert.equal(grid.final[0], false);
});
test('a joined window holds its last minutes, too', () => {
  const grid = toGrid([row(14, 1, 0), row(15, 0, 1), row(29, 1, 1)], { from: t0, to: t0 + 1_800_000 }, 900_000);
  assert.deepEqual(grid.posts, [1, 3]);
});
test('sparse streams are drawn in longer windows, dense or short ones are not', () => {
  const day = { from: t0, to: t0 + 86_400_000 };
  assert.equal(shownSize([row(0, 1, 1), row(5, 1, 0)], day, 60_000), 900_000);
  assert.equal(shownSize([row(0, 50, 50)], day, 60_000), 60_000);
  assert.equal(shownSize([row(0, 1, 1)], { from: t0, to: t0 + 3_600_000 }, 60_000), 60_000);
  assert.equal(shownSize([], day, 60_000), 60_000);
});
