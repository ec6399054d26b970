import assert from 'node:assert/strict';
import test from 'node:test';
import { topicCourses, topicName } from './topics';

test('a topic is read without underscores', () => {
  assert.equal(topicName('arts_&_culture'), 'arts & culture');
  assert.equal(topicName('sports'), 'sports');
  assert.equal(topicName('_'), '_');
});

test('windows of a series are added up into those of the chart, holes stay holes', () => {
  const grid = { x: [0, 120, 240], sizeMs: 120_000 };
  const windows = [['1970-01-01T00:00:00Z', [1, 0]], ['1970-01-01T00:01:00Z', [1, 1]], ['1970-01-01T00:04:00Z', [0, 2]], ['1970-01-01T00:30:00Z', [9, 9]]]
    .map(([start, topics]) => ({ start: start as string, posts: 2, topics: topics as number[] }));
  const totals = [{ key: 'b', count: 3 }, { key: 'a', count: 2 }, { key: 'c', count: 1 }];
  assert.deepEqual(topicCourses(grid, { topics: ['a', 'b'], windows }, totals), [
    { key: 'b', posts: 3, counts: [1, null, 2] },
    { key: 'a', posts: 2, counts: [2, null, 0] },
  ]);
  assert.deepEqual(topicCourses(grid, null, totals), []);
});
