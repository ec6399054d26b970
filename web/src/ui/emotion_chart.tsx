// What was felt over time: one row an emotion, its share and its course side by side, all on one scale. A row is named
// beside it, so that nothing depends on telling colours apart.
import { useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Emotion } from '../api/types';
import { compact, count, dateTime, percent, plural, span } from '../lib/format';
import { courseOf, highestOf, kEmotions, roundTop, type Felt } from '../lib/emotions';
import { coarseRows, type Grid } from '../lib/series';
import { sizeTitle, type Interval } from '../lib/range';
import { emotionShape, zone } from '../state/prefs';
import { postsHref, type PostFilter } from '../state/view';
import { colour, Plot, timeAxis, valueAxis } from './plot';
import { windowName } from './time_chart';
import { useWalk } from './walk';

const kBars = uPlot.paths.bars!;
const kHeight = 60; // As in parts.css, so that names stand on the lines of their rows.
const kAxis = 38; // The time axis below the last row.

interface Props { felt: Felt; grid: Grid; view: Interval; filter: PostFilter }

export function EmotionChart({ felt, grid, view, filter }: Props) {
  const [table, setTable] = useState(false);
  const { at, mark, pane, onKey, leave, keep } = useWalk(grid, filter);
  const share = emotionShape.value === 'share';
  const dense = (innerWidth * 0.5) / grid.x.length < 9;
  const x = useMemo<[number, number]>(() => [view.from / 1000, view.to / 1000], [view.from, view.to]);
  const courses = useMemo(() => kEmotions.map((e): uPlot.AlignedData => [grid.x, courseOf(grid, e, share)]), [grid, share]);
  const top = useMemo(() => roundTop(highestOf(grid, share), share), [grid, share]);
  const scale = useRef(top);
  scale.current = top;

  const options = (emotion: Emotion, first: boolean, last: boolean) => (): Omit<uPlot.Options, 'width' | 'height'> => ({
    ...pane({ filter: { emotion } }), padding: [10, 0, 0, 0],
    scales: { x: { time: true, range: (_u, min, max) => [min, max] }, y: { range: () => [0, scale.current] } },
    axes: [
      last ? timeAxis() : { ...timeAxis(), size: 0, values: () => [] },
      { ...valueAxis((n) => (n === 0 ? '' : share ? percent(n) : compact(n))), splits: () => (first ? [0, scale.current] : [0]) },
    ],
    series: [{}, { fill: () => colour(emotion), width: 0, points: { show: false }, paths: kBars({ size: [1, Infinity], align: 1, gap: dense ? 0 : 1 }) }],
  });
  const label = `Emotion. ${span(view.from, view.to, zone.value)}: of ${count(felt.read)} posts ${kEmotions.map((e) => `${percent(part(felt.counts[e], felt.read))} ${e}`).join(', ')}, ${percent(part(felt.none, felt.read))} none. Arrow keys walk, Enter opens the posts, Shift and arrows mark a span, Enter zooms.`;

  return (
    <figure class="chart emotions">
      <figcaption class="chart-head">
        <h2>Emotion<span class="dim"> per {sizeTitle(grid.sizeMs)}</span></h2>
        <Readout felt={felt} grid={grid} at={at} mark={mark} />
        <div class="tools" role="group" aria-label="Emotion: display">
          <button type="button" class="tool" aria-pressed={!share} onClick={() => { emotionShape.value = 'count'; }}>Count</button>
          <button type="button" class="tool" aria-pressed={share} onClick={() => { emotionShape.value = 'share'; }}>Share</button>
          <button type="button" class="tool" aria-pressed={table} onClick={() => setTable(!table)}>Table</button>
        </div>
      </figcaption>
      <div class="emotion-grid">
        <ul class="emotion-list">
          {kEmotions.map((e) => <Row key={e} name={e} posts={felt.counts[e]} of={felt.read} filter={filter} />)}
          <Row name="none" posts={felt.none} of={felt.read} filter={filter} />
        </ul>
        {table ? <EmotionTable grid={grid} filter={filter} height={kEmotions.length * kHeight + kAxis} /> : (
          <div class="chart-body" tabIndex={0} role="application" aria-roledescription="chart" aria-label={label} onKeyDown={onKey} onBlur={leave}>
            {kEmotions.map((e, i) => {
              const last = i === kEmotions.length - 1;
              return (
                <div key={e} class="emotion-pane">
                  <span class="pane-title" aria-hidden="true">{e}</span>
                  <Plot shape={`${e}|${share}|${dense}`} options={options(e, i === 0, last)} data={courses[i]!} height={last ? kHeight + kAxis : kHeight} x={x} onPlot={keep(i)} />
                </div>
              );
            })}
          </div>
        )}
      </div>
      {felt.unread > 0 && <p class="note">{plural(felt.unread, 'post')} of this span came before emotions were looked for, and {felt.unread === 1 ? 'is' : 'are'} not counted here.</p>}
    </figure>
  );
}
const part = (n: number, of: number): number | null => (of > 0 ? n / of : null);

function Row({ name, posts, of, filter }: { name: Emotion | 'none'; posts: number; of: number; filter: PostFilter }) {
  return (
    <li>
      <a href={postsHref({ ...filter, emotion: name })} title={plural(posts, 'post')}>
        <i class={`swatch sw-${name}`} aria-hidden="true" /> <span>{name}</span> <b>{percent(part(posts, of))}</b> <span class="dim">{compact(posts)}</span>
      </a>
    </li>
  );
}

/// The window under the cursor; without one, what is counted.
function Readout({ felt, grid, at, mark }: { felt: Felt; grid: Grid; at: number | null; mark: number | null }) {
  if (at === null || grid.x[at] === undefined) return <p class="readout dim">the strongest in each of {plural(felt.read, 'post')}; all rows have one scale</p>;
  const read = grid.read[at];
  return (
    <p class="readout" aria-live="polite">
      <b>{windowName(grid, at, mark)}</b>
      {read === null || read === undefined ? <span class="dim">{grid.posts[at] === null ? 'no posts' : 'emotions were not looked for'}</span> : (
        <>
          <span>{count(read)} posts</span>
          {kEmotions.map((e) => <span key={e}><i class={`swatch sw-${e}`} aria-hidden="true" /> {e} {percent(part(grid.emotions[e][at] ?? 0, read))}</span>)}
        </>
      )}
    </p>
  );
}

function EmotionTable({ grid, filter, height }: { grid: Grid; filter: PostFilter; height: number }) {
  const rows = coarseRows(grid, 96).filter((row) => row.read > 0).reverse();
  const z = zone.value;
  return (
    <div class="table-scroll" style={{ height: `${height}px` }} tabIndex={0} role="region" aria-label="Emotion, table">
      <table class="data">
        <caption class="vh">Emotion, newest first</caption>
        <thead><tr><th scope="col">From</th><th scope="col" class="num">Posts</th>{kEmotions.map((e) => <th key={e} scope="col" class="num">{e}</th>)}<th scope="col" class="num">none</th></tr></thead>
        <tbody>
          {rows.map((row) => {
            const window = { ...filter, from: row.start, to: row.end };
            const none = row.read - kEmotions.reduce((sum, e) => sum + (row.emotions[e] ?? 0), 0);
            return (
              <tr key={row.start}>
                <th scope="row">{dateTime(row.start, z).replace(/:00$/, '')}</th>
                <td class="num"><a href={postsHref(window)}>{count(row.read)}</a></td>
                {kEmotions.map((e) => <td key={e} class="num"><a href={postsHref({ ...window, emotion: e })}>{count(row.emotions[e])}</a></td>)}
                <td class="num"><a href={postsHref({ ...window, emotion: 'none' })}>{count(none)}</a></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
