// What a query result can be drawn as. Pure.
import type { SchemaTable, SqlResult } from '../api/types';

export const isNumber = (type: string) => /INT|DOUBLE|FLOAT|REAL|DECIMAL|NUMERIC/i.test(type);
export const isTime = (type: string) => /TIMESTAMP|DATE|TIME/i.test(type);
/// DuckDB prints UTC without a zone.
export function timeValue(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  const text = value.trim().replace(' ', 'T');
  const dated = !text.includes('T');
  const zoned = /[zZ]$|[+-]\d\d:?\d\d$/.test(text);
  const t = Date.parse(dated || zoned ? text : /[+-]\d\d$/.test(text) ? `${text}:00` : `${text}Z`);
  return Number.isFinite(t) ? t : null;
}
export interface Plan { kind: 'time' | 'bars'; x: number; ys: number[] }
export function plan(result: SqlResult): Plan | null {
  if (result.rows.length < 2) return null;
  const ys = result.columns.flatMap((c, i) => (isNumber(c.type) ? [i] : []));
  const time = result.columns.findIndex((c) => isTime(c.type));
  if (time >= 0 && ys.length) return { kind: 'time', x: time, ys: ys.slice(0, 4) };
  const text = result.columns.findIndex((c) => !isNumber(c.type));
  if (text >= 0 && ys.length) return { kind: 'bars', x: text, ys: ys.slice(0, 1) };
  return null;
}
/// A cell as it is: what is copied, and what stands in the title.
export function cell(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/// Whole numbers beyond 2^53 would lose their last digits in JSON.parse: they stay text. Strings of the answer are passed over.
export function parseSqlAnswer(text: string): SqlResult {
  const safe = text.replace(/"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g, (part) => (part[0] === '"' || Number.isSafeInteger(Number(part)) ? part : `"${part}"`));
  return JSON.parse(safe) as SqlResult;
}

/// How the numbers of a column are shown: thousands apart or not, and with how many decimals (null: as they come).
export interface Look { group: boolean; decimals: number | null }
const kPlain: Look = { group: false, decimals: null };
const isWhole = (type: string) => /INT/i.test(type);
/// Names of numbers that count nothing: identities, dates, times, places in a log.
const kNoCount = /(^|_)(id|ids|key|rowid|hash|year|month|day|doy|dow|week|hour|minute|second|epoch|offset|partition|port|code|version)s?$|^(year|month|day\w*|iso\w+|hour|minute|second|week\w*|hash|epoch\w*|date_part|extract|unicode|ord|ascii)\(/i;
const kLargestCount = 1e11; // Above it are times in milliseconds, hashes and ids.
export function looks(result: SqlResult): (Look | null)[] {
  return result.columns.map((column, i) => {
    if (!isNumber(column.type)) return null;
    if (kNoCount.test(column.name)) return kPlain;
    const values = result.rows.map((row) => row[i]).filter((v) => v !== null && v !== undefined).map(Number);
    const years = isWhole(column.type) && values.length > 0 && values.every((v) => v >= 1800 && v <= 2200);
    if (years || values.some((v) => !Number.isFinite(v) || Math.abs(v) >= kLargestCount)) return kPlain;
    return { group: true, decimals: isWhole(column.type) ? 0 : decimalsOf(values) };
  });
}
const kMostDecimals = 6;
/// As many decimals as any value needs, so that points stand under each other; six say enough, unless all are tiny.
function decimalsOf(values: readonly number[]): number | null {
  const least = values.reduce((a, v) => (v !== 0 && Math.abs(v) < a ? Math.abs(v) : a), Infinity);
  if (least < 1e-4) return null;
  const needed = (v: number) => { const text = String(v); return text.includes('e') ? kMostDecimals : (text.split('.')[1] ?? '').length; };
  return Math.min(kMostDecimals, values.reduce((a, v) => Math.max(a, needed(v)), 0));
}
/// The number for the eye; `cell` has it exactly.
export function shownNumber(value: unknown, look: Look): string {
  const exact = cell(value);
  if (value === null || value === undefined || !/^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(exact)) return exact;
  let text = exact;
  if (look.decimals !== null && typeof value === 'number') text = value.toFixed(look.decimals);
  else if (typeof value === 'number' && !Number.isInteger(value)) text = String(Number(value.toPrecision(10)));
  if (look.group && !/e/i.test(text)) {
    const [whole = '', rest] = text.split('.');
    text = whole.replace(/\B(?=(\d{3})+$)/g, ',') + (rest === undefined ? '' : `.${rest}`);
  }
  return text.replace(/^-/, '\u2212');
}

/// What people ask of first, what keeps the program's own books last; the order of the store is that of the alphabet.
const kFirst = ['posts', 'windows', 'trends', 'tasks', 'dead_letters', 'gaps'];
const kLast = ['offsets', 'withheld'];
export function inOrder(tables: readonly SchemaTable[]): SchemaTable[] {
  const place = (t: SchemaTable): number => (kFirst.includes(t.name) ? kFirst.indexOf(t.name) : kFirst.length + kLast.indexOf(t.name) + 1);
  return [...tables].sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}
