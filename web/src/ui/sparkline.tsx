import uPlot from 'uplot';
import { useMemo } from 'preact/hooks';
import { mode } from '../state/view';
import { colour, Plot } from './plot';

const bare = (series: uPlot.Series, y: uPlot.Scale): Omit<uPlot.Options, 'width' | 'height'> => ({
  cursor: { show: false }, legend: { show: false }, padding: [2, 2, 2, 2],
  axes: [{ show: false }, { show: false }], scales: { x: { time: false }, y }, series: [{}, series],
});

interface SparkProps {
  /// Minutes, the last of them still open, unless they are `whole`.
  values: readonly (number | null)[];
  whole?: boolean;
  label: string;
  height?: number;
}
/// The open minute is left out: it would look like a fall at every moment.
function useClosed(values: readonly (number | null)[], whole: boolean): uPlot.AlignedData {
  const last = values.length - (whole || mode.value === 'done' ? 0 : 1);
  return useMemo<uPlot.AlignedData>(() => [values.slice(0, last).map((_, i) => i), values.slice(0, last)], [values, last]);
}

/// Posts a minute. The words beside it say the number; the label says the course.
export function Spark({ values, whole = false, label, height = 34 }: SparkProps) {
  const data = useClosed(values, whole);
  return (
    <figure class="spark" role="img" aria-label={label}>
      <Plot shape="spark" height={height} data={data} options={() => bare(
        { stroke: () => colour('ink-2'), width: 1.25, fill: () => colour('spark-fill'), points: { show: false }, spanGaps: true },
        { range: (_u, _min, max) => [0, Math.max(max ?? 0, 1)] },
      )} />
    </figure>
  );
}

/// Mood around zero: above is positive, below negative, the line of zero stays in view.
export function MoodSpark({ values, whole = false, label, height = 34 }: SparkProps) {
  const data = useClosed(values, whole);
  return (
    <figure class="spark" role="img" aria-label={label}>
      <Plot shape="mood" height={height} data={data} options={() => ({
        ...bare(
          {
            width: 1.5, points: { show: false }, spanGaps: true, fillTo: () => 0,
            stroke: (u) => moodGradient(u, 'neg', 'pos'), fill: (u) => moodGradient(u, 'neg-wash', 'pos-wash'),
          },
          { range: (_u, min, max) => { const m = Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0), 0.2); return [-m, m]; } },
        ),
        hooks: { drawClear: [zeroLine] },
      })} />
    </figure>
  );
}

export function zeroLine(u: uPlot): void {
  const y = Math.round(u.valToPos(0, 'y', true)) + 0.5;
  u.ctx.save();
  u.ctx.strokeStyle = colour('rule-strong');
  u.ctx.lineWidth = 1;
  u.ctx.beginPath();
  u.ctx.moveTo(u.bbox.left, y);
  u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
  u.ctx.stroke();
  u.ctx.restore();
}
/// Two colours that meet at zero.
export function moodGradient(u: uPlot, below: string, above: string): CanvasGradient | string {
  const { top, height } = u.bbox;
  if (!Number.isFinite(top) || height <= 0) return colour(above);
  const zero = Math.min(1, Math.max(0, (u.valToPos(0, 'y', true) - top) / height));
  if (!Number.isFinite(zero)) return colour(above);
  const gradient = u.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, colour(above));
  gradient.addColorStop(zero, colour(above));
  gradient.addColorStop(zero, colour(below));
  gradient.addColorStop(1, colour(below));
  return gradient;
}
