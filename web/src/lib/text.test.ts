import assert from 'node:assert/strict';
import test from 'node:test';
import type { Pulse, PulseTask } from '../api/types';
import { headline, moodWords, pace } from './headline';
import { safeUrl } from './names';
import { beginning, codePoints, segments } from './segments';
import { cell, looks, parseSqlAnswer, plan, shownNumber, timeValue } from './sql';
import { marks, namePieces } from './weights';

test('segments lose nothing of the text, whatever it is', () => {
  for (const text of ['', 'plain', '#a #b', '<script>alert(1)</script> #tag', 'https://x.test/a#b, ok', 'مرحبا #مهرجان', '👩‍👩‍👧‍👦#x', 'a#b user@host.test #1 ##', '\u202Ehi', '#' + 'w'.repeat(10_000)]) {
    assert.equal(segments(text).map((s) => s.text).join(''), text);
  }
});
test('tags, mentions and links are found where they are', () => {
  const kinds = (text: string) => segments(text).filter((s) => s.kind !== 'text').map((s) => [s.kind, s.value]);
  assert.deepEqual(kinds('see #Tag1, @me and https://x.test/p?q=1.'), [['tag', 'Tag1'], ['mention', 'me'], ['link', 'https://x.test/p?q=1']]);
  assert.deepEqual(kinds('a#no b@no #1'), []);
});
test('only web addresses become links', () => {
  assert.equal(safeUrl('javascript:alert(1)'), null);
  assert.equal(safeUrl('data:text/html,x'), null);
  assert.equal(safeUrl('https://x.test/"><b>'), 'https://x.test/%22%3E%3Cb%3E');
});
test('a text is not cut inside a character', () => {
  assert.equal(beginning('a👍b', 2), 'a');
  assert.equal(beginning('a👍b', 3), 'a👍');
  assert.equal(beginning('ab', 5), 'ab');
});
test('columns count code points', () => assert.equal(codePoints('a👍b')[2], 'b'));

const task = (more: Partial<PulseTask>): PulseTask => ({ tag: '*', posts_total: 100, rate_now: 1, spark: new Array(60).fill(60), mood: new Array(60).fill(0), last_hour: { posts: 3600 }, last_day: { posts: 86400 }, last_15m: { posts: 900 }, ...more });
const pulse = (t: PulseTask): Pulse => ({ now: '', tasks: [t], rising: [], newest: [] });
test('the headline tells pace and mood', () => {
  assert.match(headline(pulse(task({})), '*').text, /usual pace, its mood balanced/);
  assert.match(headline(pulse(task({ spark: [...new Array(44).fill(10), ...new Array(16).fill(100)], mood: new Array(60).fill(-0.4) })), '*').text, /far busier .* clearly negative/);
  assert.match(headline(pulse(task({})), '*', true).text, /The stream ended at its usual pace, its mood balanced\./);
  assert.match(headline(pulse(task({ rate_now: 0, last_15m: { posts: 0 } })), '*', true).text, /was silent in the end/);
  assert.match(headline(pulse(task({ rate_now: 0, last_15m: { posts: 0 } })), '*').text, /silent/);
  assert.match(headline(pulse(task({ posts_total: 0, last_day: { posts: 0 } })), '*').text, /No posts yet/);
});
test('no pace is claimed from too little', () => {
  assert.equal(pace(new Array(60).fill(0)), null);
  assert.equal(pace([]), null);
  assert.equal(moodWords(null), '');
});

test('marks cover the text once, in order, at the offsets given', () => {
  const w = (text: string, begin: number, pull: number) => ({ text, begin, end: begin + Array.from(text).length, negative: pull < 0 ? -pull : 0, neutral: 0, positive: pull > 0 ? pull : 0 });
  const out = marks('👍 good and bad', [w('good', 2, 0.5), w('bad', 11, -1)]);
  assert.deepEqual(out.map((m) => [m.text, m.pull]), [['👍 ', null], ['good', 0.5], [' and ', null], ['bad', -1]]);
});
test('wrong offsets are looked up, absent words are dropped', () => {
  const weights = [{ text: 'Good', begin: 99, end: 103, negative: 0, neutral: 0, positive: 1 }, { text: 'gone', begin: 0, end: 4, negative: 1, neutral: 0, positive: 0 }];
  assert.deepEqual(marks('so good', weights).map((m) => m.text), ['so ', 'good']);
});

test('a result is drawn over time, as bars, or not at all', () => {
  const result = (columns: [string, string][], rows: unknown[][]) => ({ columns: columns.map(([name, type]) => ({ name, type })), rows, truncated: false, seconds: 0 });
  assert.deepEqual(plan(result([['t', 'TIMESTAMP'], ['n', 'BIGINT']], [[1, 2], [3, 4]])), { kind: 'time', x: 0, ys: [1] });
  assert.deepEqual(plan(result([['n', 'BIGINT'], ['k', 'VARCHAR']], [[1, 'a'], [2, 'b']])), { kind: 'bars', x: 1, ys: [0] });
  assert.equal(plan(result([['k', 'VARCHAR']], [['a'], ['b']])), null);
  assert.equal(plan(result([['t', 'TIMESTAMP'], ['n', 'BIGINT']], [[1, 2]])), null);
});
test('times of the store are UTC', () => {
  assert.equal(timeValue('2026-01-01 00:00:00'), Date.UTC(2026, 0, 1));
  assert.equal(timeValue('2026-01-01 00:00:00+00'), Date.UTC(2026, 0, 1));
  assert.equal(timeValue('2026-01-01'), Date.UTC(2026, 0, 1));
  assert.equal(timeValue('x'), null);
});
test('cells', () => {
  assert.equal(cell(null), 'NULL');
  assert.equal(cell(0.1 + 0.2), '0.30000000000000004', 'exactly');
  assert.equal(cell(['a']), '["a"]');
});
const table = (name: string, type: string, ...values: unknown[]) => ({ columns: [{ name, type }], rows: values.map((v) => [v]), truncated: false, seconds: 0 });
const column = (name: string, type: string, ...values: unknown[]): string[] => {
  const look = looks(table(name, type, ...values))[0];
  return values.map((v) => (look ? shownNumber(v, look) : cell(v)));
};
test('counts are shown with thousands apart, names and times of things are not', () => {
  assert.deepEqual(column('posts', 'bigint', 1234567, 5, -4321, null), ['1,234,567', '5', '−4,321', 'NULL']);
  assert.deepEqual(column('count_star()', 'bigint', 85112), ['85,112']);
  for (const name of ['id', 'post_id', 'key', 'year(time)', 'hour(time)', 'hash(id)', 'ids', 'log_offset', 'partition']) assert.deepEqual(column(name, 'bigint', 12345), ['12345'], name);
  assert.deepEqual(column('y', 'bigint', 2016, 2017), ['2016', '2017'], 'years by their values');
  assert.deepEqual(column('ms', 'bigint', 1470009600000), ['1470009600000'], 'times in milliseconds');
  assert.deepEqual(column('n', 'varchar', '1234567'), ['1234567'], 'text stays text');
});
test('decimals stand under each other and never lie', () => {
  assert.deepEqual(column('mood', 'double', 0.5, -0.125, 2), ['0.500', '−0.125', '2.000']);
  assert.deepEqual(column('avg', 'double', 1234.5678901234, 1), ['1,234.567890', '1.000000']);
  assert.deepEqual(column('tiny', 'double', 0.00000012, 0.5), ['1.2e-7', '0.5']);
  assert.deepEqual(column('whole', 'double', 12000, 3), ['12,000', '3']);
});
test('whole numbers beyond 2^53 keep their digits', () => {
  const answer = parseSqlAnswer('{"columns":[{"name":"key","type":"bigint"},{"name":"t","type":"varchar"}],"rows":[[-9061600308208943646,"a \\"9061600308208943646, \\\\"],[1234567890123456,"x"],[0.12345678901234567,"1"]],"truncated":false,"seconds":0}');
  assert.deepEqual(answer.rows, [['-9061600308208943646', 'a "9061600308208943646, \\'], [1234567890123456, 'x'], [0.12345678901234567, '1']]);
});
test('names are marked where they stand, in code points, and nothing of the text is lost', () => {
  const text = '👩‍👩‍👧 Angela Merkel in 東京';
  const at = [...text];
  const begin = at.indexOf('A');
  const names = [{ text: '東京', type: 'place', begin: at.length - 2, end: at.length }, { text: 'Angela Merkel', type: 'person', begin, end: begin + 13 }];
  assert.deepEqual(namePieces(text, names).filter((p) => p.type), [{ text: 'Angela Merkel', type: 'person' }, { text: '東京', type: 'place' }]);
  for (const bad of [{ begin: -1, end: 2 }, { begin: 3, end: 3 }, { begin: 0, end: 999 }]) assert.deepEqual(namePieces(text, [{ text: 'Angela', type: 'x', ...bad }]), [{ text, type: null }]);
  const overlapping = namePieces('New York City', [{ text: 'New York', type: 'place', begin: 0, end: 8 }, { text: 'York City', type: 'group', begin: 4, end: 13 }]);
  assert.deepEqual(overlapping, [{ text: 'New York', type: 'place' }, { text: ' City', type: null }]);
});
