import assert from 'node:assert/strict';
import test from 'node:test';
import type { DeadLetter } from '../api/types';
import { changesOf, contextOf, editable, heldInPlace, outcomeOf, summary } from './letters';

const letter = (more: Partial<DeadLetter> = {}): DeadLetter => ({ id: 'a', time: '2026-01-01T00:00:00.000Z', source: 's', location: 'f.csv: row 2', reason: 'no time', raw: '7,soon,hello', ...more });
const csv = JSON.stringify({ format: 'csv', delimiter: ',', header: 'id,created_at,text', map: 'content=text' });

test('the context of a letter is read, whatever it holds', () => {
  assert.deepEqual(contextOf(letter({ context: csv })), { format: 'csv', header: 'id,created_at,text', map: 'content=text', tabular: true });
  for (const context of [undefined, '', 'null', '[]', '{', '5', '{"format":7}']) assert.equal(contextOf(letter({ ...(context === undefined ? {} : { context }) })).tabular, false, context);
});
test('only what was changed is sent', () => {
  const l = letter({ context: csv, raw: 'a\r\nb' });
  assert.deepEqual(changesOf(l, { raw: 'a\nb', map: 'content=text', format: '' }), {}, 'a text field turns line ends; that is no change');
  assert.deepEqual(changesOf(l, { raw: 'a\nc', map: ' time=posted ', format: 'tsv' }), { raw: 'a\nc', map: 'time=posted', format: 'tsv' });
  assert.deepEqual(changesOf(l, { raw: '', map: '', format: '' }), { map: '' }, 'an emptied map is one; an emptied row is none');
});
test('bytes that are no text, or not all there, are not sent back as they were shown', () => {
  assert.equal(editable(letter({ raw: 'caf\uFFFD' })).can, false);
  assert.deepEqual(changesOf(letter({ raw: 'caf\uFFFD' }), { raw: 'cafe', map: '', format: '' }), {});
  const beginning = letter({ cut: true, bytes: 12 });
  assert.deepEqual(changesOf(beginning, { raw: beginning.raw, map: '', format: '' }), {});
  assert.deepEqual(changesOf(beginning, { raw: beginning.raw + ' world', map: '', format: '' }), { raw: '7,soon,hello world' });
  assert.equal(editable(letter({ cut: true, bytes: 20_000 })).raw, '');
});
test('the outcome of each letter is what the lists say, never a guess', () => {
  const l = letter({ attempts: 1 });
  const answer = { queued: 2, used: 1, failed: 1 };
  assert.equal(outcomeOf(l, answer, [], [l]).state, 'used');
  assert.equal(outcomeOf(l, answer, [{ ...l, attempts: 2 }], []).state, 'failed');
  assert.equal(outcomeOf(l, answer, [l], []).state, 'running');
  assert.equal(outcomeOf(l, { queued: 1, used: 1, failed: 0 }, [l], []).state, 'used', 'the count is enough');
  assert.deepEqual(outcomeOf(l, { queued: 1, used: 0, failed: 1 }, [l], []), { state: 'failed', text: 'Failed again, try 2' });
  assert.equal(outcomeOf(l, { queued: 2, used: 0, failed: 0 }, [l], []).state, 'running');
  assert.equal(outcomeOf(l, { queued: 0, cut: ['a'] }, [l], []).state, 'refused');
  assert.equal(outcomeOf(l, { queued: 0, unknown: ['a'] }, [], []).state, 'refused');
  assert.equal(outcomeOf(l, { queued: 0, already: [{ id: 'a', replayed: '' }] }, [], []).state, 'used');
  assert.equal(summary({ queued: 3, used: 1, failed: 1 }), '3 letters replayed: 1 used, 1 failed again, 1 still on the way.');
  assert.equal(summary({ queued: 1, used: 1, failed: 0, cut: ['x'] }), '1 letter replayed: 1 used, 0 failed again. 1 letter of which only the beginning was kept was not tried.');
});
test('a used letter stays where it stood', () => {
  const list = (ids: string) => [...ids].map((id) => letter({ id }));
  const kept = (old: string, fresh: string, hold: string) => heldInPlace(list(old), list(fresh), (id) => hold.includes(id)).map((l) => l.id).join('');
  assert.equal(kept('abc', 'ac', 'b'), 'abc');
  assert.equal(kept('abc', 'bc', 'a'), 'abc');
  assert.equal(kept('abc', 'ab', 'c'), 'abc');
  assert.equal(kept('abc', 'nc', 'ab'), 'nabc');
  assert.equal(kept('abc', '', 'abc'), 'abc');
  assert.equal(kept('abc', 'ac', ''), 'ac');
});
