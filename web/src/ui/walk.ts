// The cursor of a chart that has several plots: moved by mouse or keys, it reads out a window, leads to its posts, and
// brushes a span to zoom into. Figures on one page move together; each tells its own values.
import { useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Grid } from '../lib/series';
import { snapped, type Interval } from '../lib/range';
import { go, pause, postsHref, setInterval_, type PostFilter } from '../state/view';
import { colour } from './plot';

const kTogether = 'course';

interface PaneOptions {
  /// Marks the value on the line.
  point?: boolean;
  /// What a click asks for beside the window and the figure's filter.
  filter?: PostFilter;
  hooks?: uPlot.Hooks.Arrays;
}

export function useWalk(grid: Grid, filter: PostFilter) {
  const [at, setAt] = useState<number | null>(null);
  const [mark, setMark] = useState<number | null>(null);
  const plots = useRef<(uPlot | null)[]>([]);
  const current = useRef({ grid, filter });
  current.current = { grid, filter };

  const windowAt = (i: number): Interval => {
    const g = current.current.grid;
    const from = (g.x[i] ?? 0) * 1000;
    return { from, to: from + g.sizeMs };
  };
  const openPosts = (i: number, more?: PostFilter) => go(postsHref({ ...current.current.filter, ...more, ...windowAt(i) }));
  const zoom = (a: number, b: number) => setInterval_(snapped({ from: Math.min(a, b), to: Math.max(a, b) }, current.current.grid.sizeMs));

  /// The part of a plot's options that makes it one pane of the figure.
  const pane = ({ point = false, filter: more, hooks = {} }: PaneOptions): Pick<uPlot.Options, 'cursor' | 'legend' | 'select' | 'hooks'> => ({
    legend: { show: false },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    cursor: {
      // A neighbouring figure follows the pointer; what is brushed here is not brushed there.
      sync: { key: kTogether, setSeries: false, scales: ['x', null], filters: { pub: () => true, sub: (type, from) => type === 'mousemove' || type === 'mouseleave' || plots.current.includes(from) } },
      drag: { x: true, y: false, setScale: false, dist: 6 }, points: { show: point, size: 6, fill: () => colour('ink') }, y: false,
      bind: {
        dblclick: () => null,
        mousedown: (_u, _t, handler) => (event) => { if (event.button === 0) { pause(); handler(event); } return null; },
      },
    },
    hooks: {
      ...hooks,
      // uPlot stops the click that ends a drag before it gets here.
      ready: [(u) => u.over.addEventListener('click', () => {
        const i = u.cursor.idx;
        if (i !== null && i !== undefined && typeof current.current.grid.posts[i] === 'number') openPosts(i, more);
      })],
      setCursor: [(u) => { const i = u.cursor.idx; setAt(i === null || i === undefined || (u.cursor.left ?? -1) < 0 ? null : i); }],
      setSelect: [(u) => {
        if (u.select.width < 6) return;
        const a = u.posToVal(u.select.left, 'x') * 1000;
        const b = u.posToVal(u.select.left + u.select.width, 'x') * 1000;
        for (const p of plots.current) p?.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        zoom(a, b);
      }],
    },
  });

  // --- the keyboard walks the same cursor that the mouse moves
  const show = (i: number | null) => {
    setAt(i);
    for (const p of plots.current) {
      if (p) p.setCursor(i === null ? { left: -10, top: -10 } : { left: p.valToPos(grid.x[i]! + grid.sizeMs / 2000, 'x'), top: p.over.clientHeight / 2 }, false);
    }
  };
  const onKey = (event: KeyboardEvent) => {
    const last = grid.x.length - 1;
    const i = at ?? last;
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : event.key === 'PageUp' ? -10 : event.key === 'PageDown' ? 10 : 0;
    if (step !== 0 || event.key === 'Home' || event.key === 'End') {
      const to = event.key === 'Home' ? 0 : event.key === 'End' ? last : Math.min(last, Math.max(0, i + (at === null ? 0 : step)));
      if (event.shiftKey && mark === null) setMark(i);
      if (!event.shiftKey) setMark(null);
      pause();
      show(to);
    } else if (event.key === 'Enter' && at !== null) {
      if (mark !== null && mark !== at) { zoom(windowAt(Math.min(mark, at)).from, windowAt(Math.max(mark, at)).to); setMark(null); }
      else if (grid.posts[at] !== null) openPosts(at);
    } else if (event.key === 'Escape' && at !== null) { show(null); setMark(null); } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { at, mark, pane, onKey, leave: () => show(null), keep: (i: number) => (p: uPlot | null) => { plots.current[i] = p; } };
}
