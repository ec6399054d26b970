// The windows of one task in view: fetched, then kept current from the live stream.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { getJson } from '../api/client';
import { latestWindows } from '../api/live';
import type { Series, WindowRow } from '../api/types';
import { iso } from '../lib/format';
import { mergeRows, shownSize, toGrid, type Grid } from '../lib/series';
import { sizeName, windowSize, type Interval } from '../lib/range';
import { useResource, type Resource } from './resource';
import { live, mode, range, spanName, view, viewKnown, viewNow } from './view';

export interface SeriesView extends Resource<Series> { rows: WindowRow[]; grid: Grid; sizeMs: number; view: Interval }

/// `tag` "*" for all. A relative range moves with now; its key does not, so that moving costs no request.
/// `topics`: how many of the most frequent ones are counted in each window.
export function useSeries(tag: string, topics?: number): SeriesView {
  const fixed = range.value.from !== null;
  const span = view.value.to - view.value.from;
  const all = !fixed && spanName.value === 'all';
  const wanted = all ? 0 : windowSize(span);
  const key = `${tag}|${wanted}|${fixed ? `${view.value.from}-${view.value.to}` : spanName.value}`;
  const resource = useResource<Series>(
    viewKnown.value ? key : null,
    (abort) => {
      const at = viewNow();
      return getJson('/api/v1/series', {
        task: tag, topics, size: all ? 'auto' : sizeName(wanted),
        from: all ? undefined : iso(Math.floor(at.from / wanted) * wanted), to: fixed ? iso(at.to) : undefined,
      }, abort);
    },
    { everyMs: mode.value === 'replay' ? 2000 : 15_000 },
  );
  const sizeMs = resource.data?.size_ms || wanted || 60_000;
  const [fresh, setFresh] = useState<{ key: string; rows: WindowRow[] }>({ key: '', rows: [] });
  useEffect(() => latestWindows.subscribe((rows) => {
    if (!live.peek()) return;
    const mine = rows.filter((row) => row.task === tag && row.size_ms === sizeMs);
    if (mine.length) setFresh((old) => ({ key, rows: mergeRows(old.key === key ? old.rows : [], mine, viewNow(), sizeMs) }));
  }), [key, tag, sizeMs]);
  const rows = useMemo(() => {
    const base = resource.data?.windows ?? [];
    return fresh.key === key ? mergeRows(base, fresh.rows, all ? { from: -8.64e15, to: 8.64e15 } : view.peek(), sizeMs) : base;
  }, [resource.data, fresh, key, sizeMs]);
  // "Everything" begins with the first window there is.
  const seen: Interval = all && rows.length ? { from: Date.parse(rows[0]!.start), to: Math.max(view.value.to, Date.parse(rows[rows.length - 1]!.start) + sizeMs) } : view.value;
  const drawnMs = useMemo(() => shownSize(rows, seen, sizeMs), [rows, sizeMs]);
  const grid = useMemo(() => toGrid(rows, seen, drawnMs), [rows, drawnMs, Math.floor(seen.from / drawnMs), Math.ceil(seen.to / drawnMs)]);
  return { ...resource, rows, grid, sizeMs: drawnMs, view: seen };
}
