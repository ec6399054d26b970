import assert from 'node:assert/strict';
import test from 'node:test';
import * as f from './format';

test('counts carry thousands separators and a real minus', () => {
  assert.equal(f.count(1234567), '1,234,567');
  assert.equal(f.count(-1200), '\u22121,200');
  assert.equal(f.count(null), '–');
  assert.equal(f.count(Number.NaN), '–');
});
test('money is told to the cent', () => {
  for (const [n, text] of [[0, '$0.00'], [0.005, '$0.01'], [12_000, '$12,000.00'], [228.391, '$228.39']] as const) assert.equal(f.money(n), text);
  assert.equal(f.money(undefined), '–');
});
test('short counts stay exact below ten thousand', () => {
  for (const [n, text] of [[0, '0'], [9999, '9,999'], [10_000, '10.0k'], [123_456, '123k'], [4_560_000, '4.6M'], [2.5e9, '2.5G']] as const) assert.equal(f.compact(n), text);
});
test('rates never show a small stream as silent', () => {
  for (const [n, text] of [[0, '0.0'], [0.01, '<0.1'], [1.26, '1.3'], [99.96, '100.0'], [143_199, '143,199']] as const) assert.equal(f.rate(n), text);
});
test('percentages do not round to none or to all', () => {
  for (const [n, text] of [[0, '0%'], [0.004, '<1%'], [0.5, '50%'], [0.996, '>99%'], [1, '100%']] as const) assert.equal(f.percent(n), text);
});
test('signs are told, zero has none', () => {
  for (const [n, text] of [[0.123, '+0.12'], [-0.5, '\u22120.50'], [0.001, '0.00'], [-0.001, '0.00']] as const) assert.equal(f.signed(n), text);
  assert.equal(f.points(0.4, 0.34), '+6');
  assert.equal(f.points(0.341, 0.344), '±0');
});
test('bytes and durations', () => {
  assert.equal(f.bytes(1536), '1.5 KiB');
  assert.equal(f.bytes(5e9), '4.7 GiB');
  for (const [ms, text] of [[900, '1 s'], [61_000, '1 min 1 s'], [3_600_000, '1 h'], [5_400_000, '1 h 30 min'], [172_800_000 + 3_600_000, '2 d 1 h']] as const) assert.equal(f.duration(ms), text);
  assert.equal(f.ago(1000, 2000), 'now');
  assert.equal(f.ago(0, 125_000), '2 min ago');
  assert.equal(f.ago(null, 0), '–');
});
test('times follow the zone the reader chose and name it', () => {
  const t = Date.parse('2026-07-01T22:30:15Z');
  assert.equal(f.clock(t, 'utc'), '22:30');
  assert.equal(f.clock(t, 'local'), '00:30'); // The runner sets Europe/Berlin.
  assert.equal(f.date(t, 'local'), '2 Jul 2026');
  assert.equal(f.zoneName('utc', t), 'UTC');
  assert.match(f.zoneName('local', t), /CEST|GMT\+2/);
});
test('midnight is 00:00, never 24:00', () => assert.equal(f.clock(Date.parse('2026-01-01T00:00:00Z'), 'utc'), '00:00'));
test('a span says a shared day once', () => {
  const a = Date.parse('2026-01-01T10:00:00Z');
  assert.equal(f.span(a, a + 3_600_000, 'utc'), '1 Jan 2026, 10:00 – 11:00');
  assert.equal(f.span(a, a + 86_400_000, 'utc'), '1 Jan 2026, 10:00 – 2 Jan 2026, 10:00');
});
test('axis labels say the day where it turns', () => {
  const a = Date.parse('2026-01-01T22:00:00Z');
  assert.deepEqual(f.axisLabels([a, a + 3_600_000, a + 7_200_000], 3_600_000, 'utc'), ['22:00\n1 Jan', '23:00', '00:00\n2 Jan']);
});
test('unreadable times are nothing, not 1970', () => {
  for (const bad of ['', 'soon', undefined, null]) assert.equal(f.millis(bad), null);
  assert.equal(f.millis('2026-11-21T03:00:00.000Z'), Date.parse('2026-11-21T03:00:00Z'));
});
