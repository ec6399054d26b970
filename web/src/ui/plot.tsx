// uPlot in a component: built once per shape, then fed; follows width and theme.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { axisLabels } from '../lib/format';
import { painted, zone } from '../state/prefs';

// --- colours come from the style sheet, so that canvas and page never differ
const probe = document.createElement('i');
probe.hidden = true;
const cache = new Map<string, string>();
painted.subscribe(() => cache.clear());
export function colour(name: string): string {
  let value = cache.get(name);
  if (value === undefined) {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = `var(--${name})`;
    value = getComputedStyle(probe).color;
    cache.set(name, value);
  }
  return value;
}

export const kChartFont = '11px "Instrument Sans", system-ui, sans-serif';

export function timeAxis(): uPlot.Axis {
  return {
    stroke: () => colour('ink-3'),
    font: kChartFont,
    grid: { stroke: () => colour('grid'), width: 1 },
    ticks: { show: false },
    gap: 9, size: 38, space: 76,
    values: (_u, marks, _i, _s, step) => axisLabels(marks.map((t) => t * 1000), step * 1000, zone.peek()),
  };
}
export function valueAxis(format: (n: number) => string, size = 44): uPlot.Axis {
  return {
    stroke: () => colour('ink-3'), font: kChartFont, size, gap: 4, space: 30,
    grid: { stroke: () => colour('grid'), width: 1 }, ticks: { show: false },
    values: (_u, marks) => marks.map((v) => (v === null || v === undefined ? '' : format(v))),
  };
}

interface PlotProps {
  /// Called again whenever `shape` changes; everything else about the chart stays.
  options: () => Omit<uPlot.Options, 'width' | 'height'>;
  shape: string;
  data: uPlot.AlignedData;
  height: number;
  /// The x range in seconds, when the data does not say it.
  x?: [number, number];
  onPlot?: (plot: uPlot | null) => void;
}

export function Plot({ options, shape, data, height, x, onPlot }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ data, x });
  latest.current = { data, x };

  const feed = (u: uPlot) => {
    u.batch(() => {
      u.setData(latest.current.data, latest.current.x === undefined);
      if (latest.current.x) u.setScale('x', { min: latest.current.x[0], max: latest.current.x[1] });
    });
  };

  useLayoutEffect(() => {
    const element = box.current!;
    const width = () => Math.max(40, Math.floor(element.clientWidth));
    const tzDate = (t: number) => (zone.peek() === 'utc' ? uPlot.tzDate(new Date(t * 1e3), 'Etc/UTC') : new Date(t * 1e3));
    const u = new uPlot({ tzDate, ...options(), width: width(), height }, latest.current.data, element);
    plot.current = u;
    feed(u);
    onPlot?.(u);
    const resized = new ResizeObserver(() => { if (width() !== u.width) u.setSize({ width: width(), height }); });
    resized.observe(element);
    return () => {
      resized.disconnect();
      onPlot?.(null);
      u.destroy();
      plot.current = null;
    };
  }, [shape, height]);

  useLayoutEffect(() => { if (plot.current) feed(plot.current); }, [data, x?.[0], x?.[1]]);
  useEffect(() => {
    const redraw = () => plot.current?.redraw(true, true);
    const stops = [painted.subscribe(redraw), zone.subscribe(redraw)];
    return () => stops.forEach((stop) => stop());
  }, []);
  return <div class="plot" ref={box} style={{ height: `${height}px` }} aria-hidden="true" />;
}
