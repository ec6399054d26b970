// Numbers, times and durations as text. Pure; English, tabular, with thousands separators and real minus signs.
const kMinus = '\u2212';
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });

const finite = (n: unknown): n is number => typeof n === 'number' && Number.isFinite(n);
export const kNone = '–';

export function count(n: number | null | undefined): string {
  return finite(n) ? whole.format(n).replace('-', kMinus) : kNone;
}
/// Short form for tight places: 12.3k, 4.56M. Exact below 10,000.
export function compact(n: number | null | undefined): string {
  if (!finite(n)) return kNone;
  const size = Math.abs(n);
  if (size < 10_000) return count(n);
  const [div, unit] = size < 1e6 ? [1e3, 'k'] : size < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  const value = n / div;
  return value.toFixed(Math.abs(value) < 100 ? 1 : 0).replace('-', kMinus) + unit;
}
export function money(n: number | null | undefined): string {
  return finite(n) ? dollars.format(n).replace('-', kMinus) : kNone;
}
export function rate(n: number | null | undefined): string {
  if (!finite(n)) return kNone;
  if (n > 0 && n < 0.05) return '<0.1';
  return n < 100 ? n.toFixed(1) : count(n);
}
export function percent(share: number | null | undefined): string {
  if (!finite(share)) return kNone;
  if (share > 0 && share < 0.005) return '<1%';
  if (share < 1 && share > 0.995) return '>99%';
  return `${Math.round(share * 100)}%`;
}
export function signed(n: number | null | undefined, digits = 2): string {
  if (!finite(n)) return kNone;
  const text = Math.abs(n).toFixed(digits);
  return Number(text) === 0 ? text : (n > 0 ? '+' : kMinus) + text;
}
/// How far above its usual level a trend is.
export const score = (n: number): string => (n >= 100 ? count(n) : n.toFixed(1));
/// Change of a share in percentage points: "+6", "−2", "±0".
export function points(now: number, before: number): string {
  const delta = Math.round((now - before) * 100);
  return delta === 0 ? '±0' : (delta > 0 ? '+' : kMinus) + Math.abs(delta);
}
export function bytes(n: number | null | undefined): string {
  if (!finite(n)) return kNone;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
export function duration(ms: number | null | undefined): string {
  if (!finite(ms)) return kNone;
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  if (m < 60) return s % 60 && m < 10 ? `${m} min ${s % 60} s` : `${m} min`;
  const h = Math.floor(m / 60);
  if (h < 48) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
  const d = Math.floor(h / 24);
  return h % 24 && d < 10 ? `${d} d ${h % 24} h` : `${d} d`;
}
export function ago(time: number | null, now: number): string {
  if (time === null) return kNone;
  const ms = now - time;
  if (ms < 0) return ms > -60_000 ? 'now' : `in ${duration(-ms)}`;
  return ms < 5_000 ? 'now' : `${ms < 60_000 ? duration(ms) : coarse(ms)} ago`;
}
/// One unit only, for ages: "3 min", "2 h", "5 d".
export function coarse(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${count(ms / 86_400_000)} d`;
}

// --- time of day, in the zone the reader chose
export type Zone = 'local' | 'utc';
const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: Zone, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + name;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { hourCycle: 'h23', ...(zone === 'utc' ? { timeZone: 'UTC' } : {}), ...options });
    formats.set(key, format);
  }
  return format;
}
export const clock = (t: number, zone: Zone) => formatOf(zone, 'hm', { hour: '2-digit', minute: '2-digit' }).format(t);
export const clockSeconds = (t: number, zone: Zone) => formatOf(zone, 'hms', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(t);
export const day = (t: number, zone: Zone) => formatOf(zone, 'd', { day: 'numeric', month: 'short' }).format(t);
export const date = (t: number, zone: Zone) => formatOf(zone, 'date', { day: 'numeric', month: 'short', year: 'numeric' }).format(t);
export const dateTime = (t: number, zone: Zone) => `${date(t, zone)}, ${clockSeconds(t, zone)}`;
/// "UTC", "GMT+2": what the clock on the page shows.
export function zoneName(zone: Zone, at: number): string {
  if (zone === 'utc') return 'UTC';
  const part = formatOf(zone, 'z', { timeZoneName: 'short' }).formatToParts(at).find((p) => p.type === 'timeZoneName');
  return part?.value ?? 'local';
}
/// A span as people write it: one day is said once.
export function span(from: number, to: number, zone: Zone): string {
  const a = date(from, zone);
  const b = date(to, zone);
  const fine = to - from < 120_000 ? clockSeconds : clock;
  return a === b ? `${a}, ${fine(from, zone)} – ${fine(to, zone)}` : `${a}, ${fine(from, zone)} – ${b}, ${fine(to, zone)}`;
}

/// Labels of a time axis whose marks are `step` ms apart; the date is said where the day turns.
export function axisLabels(marks: readonly number[], step: number, zone: Zone): string[] {
  let shown = '';
  return marks.map((t) => {
    const today = day(t, zone);
    const turn = today !== shown;
    shown = today;
    if (step >= 86_400_000) return today;
    const time = step < 60_000 ? clockSeconds(t, zone) : clock(t, zone);
    return turn ? `${time}\n${today}` : time;
  });
}

export function millis(time: string | number | null | undefined): number | null {
  if (time === null || time === undefined || time === '') return null;
  const t = typeof time === 'number' ? time : Date.parse(time);
  return Number.isFinite(t) ? t : null;
}
export const iso = (t: number) => new Date(t).toISOString();
export const plural = (n: number, one: string, many = one + 's') => `${count(n)} ${n === 1 ? one : many}`;
