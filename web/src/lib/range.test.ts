import assert from 'node:assert/strict';
import test from 'node:test';
import { interval, isLive, kSpans, panned, parseRange, snapped, windowSize, zoomed } from './range';

const of = (text: string) => parseRange(new URLSearchParams(text));

test('an empty address is live', () => {
  assert.deepEqual(of(''), { span: null, from: null, to: null });
  assert.ok(isLive(of('range=6h')));
});
test('from and to pause, in either form and order', () => {
  const a = Date.parse('2026-01-01T00:00:00Z');
  const expected = { span: '1h', from: a, to: a + 60_000 };
  assert.deepEqual(of('range=1h&from=2026-01-01T00:00:00Z&to=2026-01-01T00:01:00Z'), expected);
  assert.deepEqual(of(`range=1h&from=${a}&to=${a + 60_000}`), expected);
  assert.deepEqual(of(`range=1h&from=${a + 60_000}&to=${a}`), expected);
});
test('mangled parts are left out', () => {
  for (const text of ['range=banana', 'from=2026-01-01', 'from=x&to=y', 'from=2026-01-01&to=2026-01-01', 'range=%00']) assert.deepEqual(of(text), { span: null, from: null, to: null }, text);
});
test('a relative range ends now', () => {
  assert.deepEqual(interval(of('range=15m'), '1h', 1e12, null), { from: 1e12 - 900_000, to: 1e12 });
  assert.deepEqual(interval(of(''), '24h', 1e12, null), { from: 1e12 - kSpans['24h'], to: 1e12 });
  assert.deepEqual(interval(of('range=all'), '1h', 1e12, 5e11), { from: 5e11, to: 1e12 });
});
test('a day is shown in minutes, more in longer windows', () => {
  assert.equal(windowSize(kSpans['24h']), 60_000);
  assert.equal(windowSize(kSpans['7d']), 900_000);
  assert.equal(windowSize(kSpans['30d']), 3_600_000);
});
test('zoom keeps the middle and stops at five minutes; pan keeps the length', () => {
  assert.deepEqual(zoomed({ from: 0, to: 3_600_000 }, 0.5), { from: 900_000, to: 2_700_000 });
  assert.equal(zoomed({ from: 0, to: 300_000 }, 0.1).to - zoomed({ from: 0, to: 300_000 }, 0.1).from, 300_000);
  assert.deepEqual(panned({ from: 0, to: 100 }, -0.5), { from: -50, to: 50 });
});
test('a brushed span grows to whole windows and is never empty', () => {
  assert.deepEqual(snapped({ from: 61_000, to: 119_000 }, 60_000), { from: 60_000, to: 120_000 });
  assert.deepEqual(snapped({ from: 60_000, to: 60_000 }, 60_000), { from: 60_000, to: 120_000 });
});
