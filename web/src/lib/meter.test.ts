import assert from 'node:assert/strict';
import test from 'node:test';
import { meterOf } from './meter';

test('the meter is read out of what a source says', () => {
  assert.deepEqual(meterOf('listening; 3 rules; 1,234 posts read today, 45,678 this month (2 % of 3,000,000), at most $228.39; about 90,000 by 2026-12-01, of them cats 80,000, dogs 9,000; X counts 45,000 of 2,000,000; 3 unknown messages skipped'), {
    today: 1234, month: 45678, cost: '$228.39', cap: 3_000_000, share: 0.02,
    notes: ['about 90,000 by 2026-12-01, of them cats 80,000, dogs 9,000', 'X counts 45,000 of 2,000,000'],
  });
  assert.deepEqual(meterOf('connecting; 0 posts read today, 0 this month, at most $0.00'), { today: 0, month: 0, cost: '$0.00', cap: null, share: null, notes: [] });
  assert.deepEqual(meterOf('listening; 2 rules; 5 posts read today, 5 this month (0 % of 10), at most $0.03; most by drinks (4)')!.notes, ['most by drinks (4)']);
});
test('who has none says nothing of it', () => {
  for (const detail of ['', 'listening', 'reading file.csv; 12 posts read today']) assert.equal(meterOf(detail), null, detail);
});
