// What was counted over time: one row a thing, its share and its course side by side, all on one scale. A row is named
// beside it, so that nothing depends on telling colours apart.
import type { ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { coarseCounts, heights, highest, roundTop } from '../lib/courses';
import { compact, count, dateTime, percent, plural, span } from '../lib/format';
import type { Grid } from '../lib/series';
import { sizeTitle, type Interval } from '../lib/range';
import { courseShape, zone } from '../state/prefs';
import { postsHref, type PostFilter } from '../state/view';
import { colour, Plot, timeAxis, valueAxis } from './plot';
import { windowName } from './time_chart';
import { useWalk } from './walk';

const kBars = uPlot.paths.bars!;
const kHeight = 60; // As in parts.css, so that names stand on the lines of their rows.
const kAxis = 38; // The time axis below the last row.

export interface Counted { key: string; name: string; colour: string; posts: number; filter: PostFilter }
export interface Course extends Counted { counts: (number | null)[] }

export interface CourseChartProps {
  title: string;
  /// Class of the figure: "emotions".
  kind: string;
  courses: Course[];
  /// Without a course: posts of none of these.
  rest?: Counted;
  /// Posts in which they were looked for: of the span, and of each window.
  of: number;
  read: (number | null)[];
  /// What the figure is read by while no window is pointed at; and why a window has no counts.
  hint: ComponentChildren;
  unread: string;
  note?: ComponentChildren;
  grid: Grid; view: Interval; filter: PostFilter;
}

export function CourseChart(props: CourseChartProps) {
  const { title, kind, courses, rest, of, read, grid, view, filter } = props;
  const [table, setTable] = useState(false);
  const { at, mark, pane, onKey, leave, keep } = useWalk(grid, filter);
  const share = courseShape.value === 'share';
  const dense = (innerWidth * 0.5) / grid.x.length < 9;
  const x = useMemo<[number, number]>(() => [view.from / 1000, view.to / 1000], [view.from, view.to]);
  const counts = courses.map((c) => c.counts);
  const data = useMemo(() => counts.map((c): uPlot.AlignedData => [grid.x, heights(c, read, share)]), [grid, share, ...counts]);
  const scale = useRef(1);
  scale.current = useMemo(() => roundTop(highest(counts, read, share), share), [grid, share, ...counts]);

  const options = (course: Course, first: boolean, last: boolean) => (): Omit<uPlot.Options, 'width' | 'height'> => ({
    ...pane({ filter: course.filter }), padding: [10, 0, 0, 0],
    scales: { x: { time: true, range: (_u, min, max) => [min, max] }, y: { range: () => [0, scale.current] } },
    axes: [
      last ? timeAxis() : { ...timeAxis(), size: 0, values: () => [] },
      { ...valueAxis((n) => (n === 0 ? '' : share ? percent(n) : compact(n))), splits: () => (first ? [0, scale.current] : [0]) },
    ],
    series: [{}, { fill: () => colour(course.colour), width: 0, points: { show: false }, paths: kBars({ size: [1, Infinity], align: 1, gap: dense ? 0 : 1 }) }],
  });
  const told = [...courses, ...(rest ? [rest] : [])].map((c) => `${percent(part(c.posts, of))} ${c.name}`).join(', ');
  const label = `${title}. ${span(view.from, view.to, zone.value)}: of ${count(of)} posts ${told}. Arrow keys walk, Enter opens the posts, Shift and arrows mark a span, Enter zooms.`;

  return (
    <figure class={`chart courses ${kind}`}>
      <figcaption class="chart-head">
        <h2>{title}<span class="dim"> per {sizeTitle(grid.sizeMs)}</span></h2>
        <Readout {...props} at={at} mark={mark} />
        <div class="tools" role="group" aria-label={`${title}: display`}>
          <button type="button" class="tool" aria-pressed={!share} onClick={() => { courseShape.value = 'count'; }}>Count</button>
          <button type="button" class="tool" aria-pressed={share} onClick={() => { courseShape.value = 'share'; }}>Share</button>
          <button type="button" class="tool" aria-pressed={table} onClick={() => setTable(!table)}>Table</button>
        </div>
      </figcaption>
      <div class="course-grid">
        <ul class="course-list">
          {courses.map((c) => <Row key={c.key} row={c} of={of} filter={filter} />)}
          {rest && <Row row={rest} of={of} filter={filter} last />}
        </ul>
        {table ? <Table {...props} height={courses.length * kHeight + kAxis} /> : (
          <div class="chart-body" tabIndex={0} role="application" aria-roledescription="chart" aria-label={label} onKeyDown={onKey} onBlur={leave}>
            {courses.map((c, i) => {
              const last = i === courses.length - 1;
              return (
                <div key={c.key} class="course-pane">
                  <span class="pane-title" aria-hidden="true">{c.name}</span>
                  <Plot shape={`${c.key}|${i}|${last}|${share}|${dense}`} options={options(c, i === 0, last)} data={data[i]!} height={last ? kHeight + kAxis : kHeight} x={x} onPlot={keep(i)} />
                </div>
              );
            })}
          </div>
        )}
      </div>
      {props.note && <p class="note">{props.note}</p>}
    </figure>
  );
}
const part = (n: number, of: number): number | null => (of > 0 ? n / of : null);

function Row({ row, of, filter, last = false }: { row: Counted; of: number; filter: PostFilter; last?: boolean }) {
  return (
    <li class={last ? 'course-rest' : undefined}>
      <a href={postsHref({ ...filter, ...row.filter })} title={plural(row.posts, 'post')}>
        <i class={`swatch sw-${row.colour}`} aria-hidden="true" /> <span class="course-name" dir="auto">{row.name}</span> <b>{percent(part(row.posts, of))}</b> <span class="dim">{compact(row.posts)}</span>
      </a>
    </li>
  );
}

/// The window under the cursor; without one, what is counted.
function Readout({ courses, read, grid, hint, unread, at, mark }: CourseChartProps & { at: number | null; mark: number | null }) {
  if (at === null || grid.x[at] === undefined) return <p class="readout dim">{hint}</p>;
  const of = read[at];
  return (
    <p class="readout" aria-live="polite">
      <b>{windowName(grid, at, mark)}</b>
      {of === null || of === undefined ? <span class="dim">{grid.posts[at] === null ? 'no posts' : unread}</span> : (
        <>
          <span>{count(of)} posts</span>
          {courses.map((c) => <span key={c.key}><i class={`swatch sw-${c.colour}`} aria-hidden="true" /> {c.name} {percent(part(c.counts[at] ?? 0, of))}</span>)}
        </>
      )}
    </p>
  );
}

function Table({ title, courses, rest, read, grid, filter, height }: CourseChartProps & { height: number }) {
  const rows = coarseCounts(grid, courses.map((c) => c.counts), read, 96).filter((row) => row.read > 0).reverse();
  const z = zone.value;
  return (
    <div class="table-scroll" style={{ height: `${height}px` }} tabIndex={0} role="region" aria-label={`${title}, table`}>
      <table class="data">
        <caption class="vh">{title}, newest first</caption>
        <thead><tr><th scope="col">From</th><th scope="col" class="num">Posts</th>{courses.map((c) => <th key={c.key} scope="col" class="num">{c.name}</th>)}{rest && <th scope="col" class="num">{rest.name}</th>}</tr></thead>
        <tbody>
          {rows.map((row) => {
            const window = { ...filter, from: row.start, to: row.end };
            return (
              <tr key={row.start}>
                <th scope="row">{dateTime(row.start, z).replace(/:00$/, '')}</th>
                <td class="num"><a href={postsHref(window)}>{count(row.read)}</a></td>
                {courses.map((c, i) => <td key={c.key} class="num"><a href={postsHref({ ...window, ...c.filter })}>{count(row.counts[i])}</a></td>)}
                {rest && <td class="num"><a href={postsHref({ ...window, ...rest.filter })}>{count(row.read - row.counts.reduce((sum, n) => sum + n, 0))}</a></td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
