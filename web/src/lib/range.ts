// The time range at the top of every page: relative ("the last hour, live") or fixed. Pure.
export const kSpans = { '15m': 900_000, '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 } as const;
export type SpanName = keyof typeof kSpans | 'all';
export const kSpanNames: readonly SpanName[] = ['15m', '1h', '6h', '24h', '7d', '30d', 'all'];
export const kSpanTitles: Record<SpanName, string> = {
  '15m': 'last 15 minutes', '1h': 'last hour', '6h': 'last 6 hours', '24h': 'last 24 hours', '7d': 'last 7 days', '30d': 'last 30 days', all: 'everything kept',
};

/// `span` is what live mode returns to; from and to are both set or both null.
export interface Range { span: SpanName | null; from: number | null; to: number | null }
export interface Interval { from: number; to: number }

const kMinute = 60_000;
const kHour = 3_600_000;

export function parseTime(text: string | null): number | null {
  if (!text) return null;
  const t = /^-?\d{9,15}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(t) ? t : null;
}
/// Anything that cannot be read falls back: a mangled link still opens.
export function parseRange(params: URLSearchParams): Range {
  const name = params.get('range');
  const span = kSpanNames.find((s) => s === name) ?? null;
  let from = parseTime(params.get('from'));
  let to = parseTime(params.get('to'));
  if (from === null || to === null || from === to) return { span, from: null, to: null };
  if (from > to) [from, to] = [to, from];
  return { span, from, to };
}
export const isLive = (range: Range) => range.from === null;

export function interval(range: Range, fallback: SpanName, now: number, earliest: number | null): Interval {
  if (range.from !== null && range.to !== null) return { from: range.from, to: range.to };
  const span = range.span ?? fallback;
  if (span === 'all') return { from: Math.min(earliest ?? now - kSpans['30d'], now - kMinute), to: now };
  return { from: now - kSpans[span], to: now };
}
/// Window length for a span: about 60 to 1,500 windows in view.
export function windowSize(spanMs: number): number {
  if (spanMs <= 25 * kHour) return kMinute;
  if (spanMs <= 8 * 24 * kHour) return 15 * kMinute;
  return kHour;
}
export const sizeName = (ms: number) => (ms >= kHour ? `${ms / kHour}h` : `${ms / kMinute}m`);
export const sizeTitle = (ms: number) => (ms >= kHour ? (ms === kHour ? 'hour' : `${ms / kHour} hours`) : ms === kMinute ? 'minute' : `${Math.round(ms / kMinute)} minutes`);

const kShortest = 5 * kMinute;
export function zoomed(view: Interval, factor: number): Interval {
  const middle = (view.from + view.to) / 2;
  const half = Math.max(kShortest, (view.to - view.from) * factor) / 2;
  return { from: Math.round(middle - half), to: Math.round(middle + half) };
}
export function panned(view: Interval, share: number): Interval {
  const by = Math.round((view.to - view.from) * share);
  return { from: view.from + by, to: view.to + by };
}
/// A brushed span, snapped outward to whole windows so that the numbers on the way down stay the same.
export function snapped(view: Interval, sizeMs: number): Interval {
  return { from: Math.floor(view.from / sizeMs) * sizeMs, to: Math.max(Math.ceil(view.to / sizeMs), Math.floor(view.from / sizeMs) + 1) * sizeMs };
}
