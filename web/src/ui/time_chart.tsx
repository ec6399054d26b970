// The two charts of a course: what was said (stacked) and in which mood (a line around zero). Brush to zoom, click or
// Enter for the posts of a window, arrow keys to walk, and a table with the same figures.
import { useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Label } from '../api/types';
import { clock, compact, count, dateTime, millis, percent, signed, span } from '../lib/format';
import { coarseRows, kLabels, kSigns, stacked, type Grid } from '../lib/series';
import { sizeTitle, type Interval } from '../lib/range';
import { shape as shapePref, zone } from '../state/prefs';
import { postsHref, type PostFilter } from '../state/view';
import { colour, Plot, timeAxis, valueAxis } from './plot';
import { moodGradient, zeroLine } from './sparkline';
import { useWalk } from './walk';

const kFill: Record<Label, string> = { negative: 'neg', neutral: 'neu', positive: 'pos', mixed: 'mix' };
const kBars = uPlot.paths.bars!;

/// Diagonal lines over the mixed layer: told from its neighbours without colour.
let hatch: CanvasPattern | null = null;
let hatchColour = '';
function hatched(u: uPlot): CanvasPattern | string {
  const tone = colour('mix');
  if (!hatch || hatchColour !== tone) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const c = tile.getContext('2d')!;
    c.fillStyle = tone;
    c.fillRect(0, 0, 8, 8);
    c.strokeStyle = colour('mix-hatch');
    c.lineWidth = 1.5;
    c.beginPath();
    for (const d of [-8, 0, 8]) { c.moveTo(d, 8); c.lineTo(d + 8, 0); }
    c.stroke();
    hatch = u.ctx.createPattern(tile, 'repeat');
    hatchColour = tone;
  }
  return hatch ?? tone;
}

/// A thin bar under the axis line: full where the window is complete, low and outlined where it is not.
function completeness(grid: () => Grid) {
  return (u: uPlot) => {
    const g = grid();
    const ratio = devicePixelRatio;
    const top = u.bbox.top + u.bbox.height + 2 * ratio;
    const height = 4 * ratio;
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.rect(u.bbox.left, top, u.bbox.width, height + 1);
    u.ctx.clip();
    for (let i = 0; i < g.x.length; i++) {
      const value = g.completeness[i];
      if (value === null || value === undefined) continue;
      const left = u.valToPos(g.x[i]!, 'x', true);
      const width = Math.max(1, u.valToPos(g.x[i]! + g.sizeMs / 1000, 'x', true) - left);
      if (value >= 0.999) {
        u.ctx.fillStyle = colour(g.final[i] === false ? 'rule-strong' : 'complete');
        u.ctx.fillRect(left, top, width + 0.5, height);
      } else {
        u.ctx.fillStyle = colour('warn');
        u.ctx.fillRect(left, top + height * (1 - Math.max(0.25, value)), width + 0.5, height);
      }
    }
    u.ctx.restore();
  };
}

interface Props {
  grid: Grid;
  view: Interval;
  title: string;
  /// What the drill-down asks for beside the window.
  filter: PostFilter;
  height?: number;
  /// Show the mood below the stack.
  mood?: boolean;
  /// A fixed picture inside another page: no tools.
  plain?: boolean;
  note?: string;
}

export function TimeChart({ grid, view, title, filter, height = 240, mood = true, plain = false, note }: Props) {
  const [table, setTable] = useState(false);
  const { at, mark, pane, onKey, leave, keep } = useWalk(grid, filter);
  const drawn = useRef(grid);
  drawn.current = grid;
  const share = shapePref.value === 'share';
  const dense = (innerWidth * 0.6) / grid.x.length < 9; // No gaps between bars of a few pixels.
  const x = useMemo<[number, number]>(() => [view.from / 1000, view.to / 1000], [view.from, view.to]);
  const data = useMemo<uPlot.AlignedData>(() => [grid.x, ...stacked(grid, share)], [grid, share]);
  const moodData = useMemo<uPlot.AlignedData>(() => [grid.x, grid.mood], [grid]);

  const stackOptions = (): Omit<uPlot.Options, 'width' | 'height'> => ({
    ...pane({ hooks: { draw: [completeness(() => drawn.current)] } }), padding: [8, 0, 0, 0],
    scales: { x: { time: true, range: (_u, min, max) => [min, max] }, y: { range: (_u, _min, max) => (share ? [0, 1] : [0, Math.max(4, (max ?? 0) * 1.06)]) } },
    axes: [timeAxis(), valueAxis(share ? (v) => percent(v) : (v) => (Number.isInteger(v) ? compact(v) : ''))],
    series: [{}, ...[...kLabels].reverse().map((label): uPlot.Series => ({
      fill: label === 'mixed' ? (u) => hatched(u) as string : () => colour(kFill[label]), width: 0, points: { show: false },
      paths: kBars({ size: [1, Infinity], align: 1, gap: dense ? 0 : 1 }),
    }))],
  });
  const moodOptions = (): Omit<uPlot.Options, 'width' | 'height'> => ({
    ...pane({ point: true, hooks: { drawClear: [zeroLine] } }), padding: [6, 0, 0, 0],
    scales: {
      x: { time: true, range: (_u, min, max) => [min, max] },
      y: { range: (_u, min, max) => { const m = Math.min(1, Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0), 0.15) * 1.1); return [-m, m]; } },
    },
    axes: [{ ...timeAxis(), show: true, size: 0, values: () => [] }, { ...valueAxis((v) => signed(v, 1)), space: 22 }],
    series: [{}, {
      width: 1.75, points: { show: false }, spanGaps: false, fillTo: () => 0,
      stroke: (u) => moodGradient(u, 'neg', 'pos') as string, fill: (u) => moodGradient(u, 'neg-wash', 'pos-wash') as string,
    }],
  });

  const all = useMemo(() => coarseRows(grid, 1)[0], [grid]);
  const incomplete = grid.completeness.filter((c) => c !== null && c < 0.999).length;
  const label = `${title}. ${span(view.from, view.to, zone.value)}: ${count(all?.posts ?? 0)} posts, ${kLabels.map((l) => `${percent(all?.posts ? (all.labels[l] ?? 0) / all.posts : null)} ${l}`).join(', ')}. Arrow keys walk, Enter opens the posts, Shift and arrows mark a span, Enter zooms.`;

  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <h2 dir="auto">{title}<span class="dim"> per {sizeTitle(grid.sizeMs)}</span></h2>
        <Readout grid={grid} at={at} mark={mark} />
        {!plain && (
          <div class="tools" role="group" aria-label={`${title}: display`}>
            <button type="button" class="tool" aria-pressed={!share} onClick={() => { shapePref.value = 'count'; }}>Count</button>
            <button type="button" class="tool" aria-pressed={share} onClick={() => { shapePref.value = 'share'; }}>Share</button>
            <button type="button" class="tool" aria-pressed={table} onClick={() => setTable(!table)}>Table</button>
          </div>
        )}
      </figcaption>
      {table ? <ChartTable grid={grid} title={title} filter={filter} height={height + (mood ? 96 : 0)} /> : (
        <div class="chart-body" tabIndex={0} role="application" aria-roledescription="chart" aria-label={label} onKeyDown={onKey} onBlur={leave}>
          <Plot shape={`stack|${share}|${dense}`} options={stackOptions} data={data} height={height} x={x} onPlot={keep(0)} />
          {mood && <div class="mood-pane"><span class="pane-title">Mood</span><Plot shape="mood" options={moodOptions} data={moodData} height={88} x={x} onPlot={keep(1)} /></div>}
        </div>
      )}
      {(incomplete > 0 || note) && (
        <p class="note">{note}{incomplete > 0 && <span><i class="sign-warn" aria-hidden="true" /> {count(incomplete)} of {count(grid.posts.filter((p) => p !== null).length)} windows are incomplete: a source was not listening all the time. {' '}</span>}</p>
      )}
    </figure>
  );
}

/// Figures of the window under the cursor, in a fixed place: nothing moves, nothing is covered.
function Readout({ grid, at, mark }: { grid: Grid; at: number | null; mark: number | null }) {
  if (at === null || grid.x[at] === undefined) return <Legend />;
  const posts = grid.posts[at];
  const all = kLabels.reduce((sum, l) => sum + (grid.counts[l][at] ?? 0), 0);
  return (
    <p class="readout" aria-live="polite">
      <b>{windowName(grid, at, mark)}</b>
      {posts === null || posts === undefined ? <span class="dim">no posts</span> : (
        <>
          <span>{count(posts)} posts</span>
          {kLabels.map((l) => <span key={l} class={`is-${l}`}><i class="sign" aria-hidden="true">{kSigns[l]}</i> {percent(all ? (grid.counts[l][at] ?? 0) / all : null)}<span class="vh"> {l}</span></span>)}
          <span>mood {signed(grid.mood[at])}</span>
          {grid.final[at] === false && <span class="dim">still open</span>}
          {(grid.completeness[at] ?? 1) < 0.999 && <span class="is-warn">{percent(grid.completeness[at])} complete</span>}
        </>
      )}
    </p>
  );
}

/// The window under the cursor, or the span that is marked.
export function windowName(grid: Grid, at: number, mark: number | null): string {
  const z = zone.value;
  const from = grid.x[at]! * 1000;
  return mark !== null && mark !== at
    ? span(grid.x[Math.min(mark, at)]! * 1000, grid.x[Math.max(mark, at)]! * 1000 + grid.sizeMs, z)
    : `${dateTime(from, z).replace(/:00$/, '')}–${clock(from + grid.sizeMs, z)}`;
}

export function Legend() {
  return (
    <p class="legend">
      {kLabels.map((l) => <span key={l} class={`is-${l}`}><i class={`swatch sw-${l}`} aria-hidden="true" />{l}</span>)}
    </p>
  );
}

function ChartTable({ grid, title, filter, height }: { grid: Grid; title: string; filter: PostFilter; height: number }) {
  const rows = coarseRows(grid, 96).filter((row) => row.posts > 0).reverse();
  const z = zone.value;
  return (
    <div class="table-scroll" style={{ height: `${height}px` }} tabIndex={0} role="region" aria-label={`${title}, table`}>
      <table class="data">
        <caption class="vh">{title}, newest first</caption>
        <thead><tr><th scope="col">From</th><th scope="col" class="num">Posts</th>{kLabels.map((l) => <th key={l} scope="col" class="num">{kSigns[l]} {l}</th>)}<th scope="col" class="num">Mood</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.start}>
              <th scope="row">{dateTime(row.start, z).replace(/:00$/, '')}</th>
              <td class="num"><a href={postsHref({ ...filter, from: row.start, to: row.end })}>{count(row.posts)}</a></td>
              {kLabels.map((l) => <td key={l} class="num"><a href={postsHref({ ...filter, from: row.start, to: row.end, label4: l })}>{count(row.labels[l])}</a></td>)}
              <td class="num">{signed(row.mood)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="empty-line">No posts in this span.</p>}
    </div>
  );
}
export const toMillis = (t: string) => millis(t) ?? 0;
