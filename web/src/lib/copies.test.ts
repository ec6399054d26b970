import assert from 'node:assert/strict';
import test from 'node:test';
import { copyWords } from './copies';

test('copies are told in words, in the singular too', () => {
  assert.equal(copyWords(1214, 300), '1,214 posts, 300 texts: 914 posts (75%) say, word for word or nearly, what another says.');
  assert.equal(copyWords(3, 2), '3 posts, 2 texts: 1 post (33%) says, word for word or nearly, what another says.');
  assert.equal(copyWords(5, 5), 'Each of these 5 posts says something of its own.');
  assert.equal(copyWords(1, 1), 'One post, which copies no other.');
  assert.equal(copyWords(0, 0), '');
});
