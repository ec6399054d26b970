import assert from 'node:assert/strict';
import test from 'node:test';
import { coarseCounts, heights, highest, roundTop } from './courses';
import { feltIn, kEmotions } from './emotions';
import { toGrid, type Grid } from './series';
import type { Emotion, Emotions, WindowRow } from '../api/types';

const t0 = Date.UTC(2026, 0, 1);
const at = (minute: number) => new Date(t0 + minute * 60_000).toISOString();
const row = (minute: number, posts: number, emotions?: Emotions): WindowRow => ({ start: at(minute), posts, labels: { neutral: posts }, ...(emotions ? { emotions } : {}) });
const courseOf = (grid: Grid, emotion: Emotion, share: boolean) => heights(grid.emotions[emotion], grid.read, share);
const highestOf = (grid: Grid, share: boolean) => highest(kEmotions.map((e) => grid.emotions[e]), grid.read, share);
const gridOf = (rows: WindowRow[], minutes = 4, size = 60_000) => toGrid(rows, { from: t0, to: t0 + minutes * 60_000 }, size);

test('windows in which no emotion was looked for are holes, not zeros', () => {
  const grid = gridOf([row(0, 10), row(1, 10, { anger: 2, joy: 3 }), row(2, 5, {})]);
  assert.deepEqual(grid.read, [null, 10, 5, null]);
  assert.deepEqual(grid.emotions.anger, [null, 2, 0, null]);
  assert.deepEqual(courseOf(grid, 'joy', false), [null, 3, 0, null]);
  assert.deepEqual(courseOf(grid, 'joy', true), [null, 0.3, 0, null]);
});
test('windows that are drawn as one add up, and shares are of what was read', () => {
  const grid = gridOf([row(0, 30), row(1, 10, { anger: 4 }), row(2, 10, { anger: 1 })], 3, 180_000);
  assert.deepEqual([grid.posts[0], grid.read[0], grid.emotions.anger[0]], [50, 20, 5]);
  assert.deepEqual(courseOf(grid, 'anger', true), [0.25]);
});
test('a post that was not read is not one without emotion', () => {
  const grid = gridOf([row(0, 10), row(1, 20, { anger: 2, joy: 3 })]);
  assert.deepEqual(feltIn(30, { anger: 2, joy: 3, optimism: 0, sadness: 0 }, grid), { read: 20, counts: { anger: 2, sadness: 0, optimism: 0, joy: 3 }, none: 15, unread: 10 });
});
test('where no emotion was looked for there is nothing to show', () => assert.equal(feltIn(10, undefined, gridOf([row(0, 10)])), null));
test('figures that were taken a moment apart never make a share above one', () => {
  const felt = feltIn(3, { anger: 5 }, gridOf([row(0, 4, { anger: 4 })]))!;
  assert.deepEqual([felt.read, felt.none, felt.unread], [5, 0, 0]);
});
test('a table of emotions adds up to the same', () => {
  const grid = gridOf([row(0, 4, { joy: 1 }), row(1, 6, { joy: 2, sadness: 1 }), row(3, 2)]);
  const rows = coarseCounts(grid, kEmotions.map((e) => grid.emotions[e]), grid.read, 1);
  assert.deepEqual(rows, [{ start: t0, end: t0 + 4 * 60_000, read: 10, counts: [0, 1, 0, 3] }]);
});
test('a scale of shares is made for windows with posts enough, where there are some', () => {
  const grid = gridOf([row(0, 1, { anger: 1 }), row(1, 20, { anger: 5, joy: 2 })]);
  assert.equal(highestOf(grid, true), 0.25);
  assert.equal(highestOf(grid, false), 5);
  assert.equal(highestOf(gridOf([row(0, 1, { anger: 1 })]), true), 1);
  assert.equal(highestOf(gridOf([row(0, 20)]), true), 0);
});
test('the top of a scale is round, above every value and never far above', () => {
  for (const [value, top] of [[0, 4], [3, 4], [4, 4], [7, 8], [11, 15], [15, 15], [36, 40], [41, 50], [1203, 1500], [NaN, 4]] as const) assert.equal(roundTop(value, false), top, String(value));
  for (const [value, top] of [[0, 0.05], [0.05, 0.05], [0.32, 0.4], [0.97, 1], [1, 1]] as const) assert.ok(Math.abs(roundTop(value, true) - top) < 1e-9, String(value));
});
