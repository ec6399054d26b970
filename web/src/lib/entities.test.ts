import assert from 'node:assert/strict';
import test from 'node:test';
import { entityKey, entityOf, phrase, typesOf } from './entities';

test('a key is a type and a name; only the first colon parts them', () => {
  assert.deepEqual(entityOf('person:Angela Merkel'), { type: 'person', name: 'Angela Merkel' });
  assert.deepEqual(entityOf('work:Alien: Resurrection'), { type: 'work', name: 'Alien: Resurrection' });
  assert.deepEqual(entityOf('place:\u0645\u064a\u0646\u0627\u0621\nx'), { type: 'place', name: '\u0645\u064a\u0646\u0627\u0621\nx' });
});
test('what has no type is all name, and no name is ever empty', () => {
  for (const key of ['Merkel', 'https://example.org', '<b>:x', ':x', 'Person:x', '']) assert.deepEqual(entityOf(key), { type: '', name: key }, key);
  assert.deepEqual(entityOf('person:'), { type: 'person', name: 'person:' });
});
test('a name and its type make the key again', () => {
  assert.equal(entityKey('group', 'Iron Maiden'), 'group:Iron Maiden');
  assert.equal(entityKey('', 'x'), 'x');
});
test('types in order of their first row', () => assert.deepEqual(typesOf(['place:a', 'person:b', 'place:c', 'd']), ['place', 'person']));
test('a phrase never leaves its quotes', () => {
  assert.equal(phrase('night ferry'), '"night ferry"');
  assert.equal(phrase(' a "quoted"\n -word '), '"a quoted -word"');
});
