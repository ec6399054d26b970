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
export function cell(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(10)));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/// What people ask of first, what keeps the program's own books last; the order of the store is that of the alphabet.
const kFirst = ['posts', 'windows', 'trends', 'tasks', 'dead_letters', 'gaps'];
const kLast = ['offsets', 'withheld'];
export function inOrder(tables: readonly SchemaTable[]): SchemaTable[] {
  const place = (t: SchemaTable): number => (kFirst.includes(t.name) ? kFirst.indexOf(t.name) : kFirst.length + kLast.indexOf(t.name) + 1);
  return [...tables].sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}
