import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatHour, formatNumber, formatShortDay } from '../../shared/format.js';
import { timeOf } from '../events/days.js';
import type { ChartData } from './chart-query.js';

const HEIGHT = 360;

interface BarChartProps {
  data: ChartData;
  /** Read to those who do not see it. */
  summary: string;
  onBar(index: number): void;
  /** Of the bar under the pointer. */
  describe(index: number): string;
}

/** Stacked bars on a canvas. A bar that is clicked is reported by its index. */
export function BarChart({ data, summary, onBar, describe }: BarChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<HTMLParagraphElement>(null);
  const last = useRef({ onBar, describe });
  last.current = { onBar, describe };
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const describeAt = (index: number | null | undefined) => {
      if (shown.current)
        shown.current.textContent = index == null ? ' ' : last.current.describe(index);
    };
    const draw = () => plot(element, data, describeAt);
    let chart = draw();
    const click = () => {
      const index = chart.cursor.idx;
      if (index != null && (data.bars[index]?.total ?? 0) > 0) last.current.onBar(index);
    };
    element.addEventListener('click', click);
    const sizes = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    sizes.observe(element);
    // The colours of a canvas do not follow the scheme by themselves.
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => {
      chart.destroy();
      chart = draw();
    };
    dark.addEventListener('change', redraw);
    return () => {
      element.removeEventListener('click', click);
      dark.removeEventListener('change', redraw);
      sizes.disconnect();
      chart.destroy();
    };
  }, [data]);
  return (
    <div class="chart">
      <p class="muted shown" ref={shown} aria-hidden="true">
        {' '}
      </p>
      <div ref={place} role="img" aria-label={summary} />
    </div>
  );
}

/** The day at midnight, and the time at others. */
const timeText = (seconds: number): string =>
  timeOf(new Date(seconds * 1_000)) === '00:00'
    ? formatShortDay(seconds * 1_000)
    : formatHour(seconds * 1_000);

const bars = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 });

function plot(
  element: HTMLElement,
  { series, bars: rows }: ChartData,
  describeAt: (index: number | null | undefined) => void,
): uPlot {
  const axis = axisOf(element);
  // The sums are drawn from the highest to the lowest, so that each covers what lies under it.
  const sums = series.map((_, last) =>
    rows.map(({ counts }) => counts.slice(0, last + 1).reduce((sum, one) => sum + one, 0)),
  );
  const order = series.map((_, i) => i).reverse();
  return new uPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      padding: [8, 40, 0, 0],
      legend: { show: false },
      cursor: { points: { show: false }, drag: { x: false, y: false }, y: false },
      scales: {
        x: { time: true, range: () => rangeOf(rows) },
        y: { range: (_, __, most) => [0, Math.max(4, Math.ceil(most * 1.05))] },
      },
      axes: [
        { ...axis, space: 80, values: (_, values) => values.map(timeText) },
        {
          ...axis,
          size: 56,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000],
          values: (_, values) => values.map(formatNumber),
        },
      ],
      series: [
        {},
        ...order.map((i) => ({
          fill: colourOf(element, `--series-${i}`),
          width: 0,
          ...(bars && { paths: bars }),
          points: { show: false },
        })),
      ],
      hooks: { setCursor: [({ cursor }) => describeAt(cursor.idx)] },
    },
    [rows.map(({ at }) => at / 1_000), ...order.map((i) => sums[i] ?? [])],
    element,
  );
}

/** From the begin of the first bar to the end of the last, in seconds. */
function rangeOf(rows: ChartData['bars']): [number, number] {
  const first = (rows[0]?.at ?? 0) / 1_000;
  const last = (rows.at(-1)?.at ?? 0) / 1_000;
  const step = rows.length > 1 ? (last - first) / (rows.length - 1) : 3_600;
  return [first, last + step];
}

const axisOf = (element: HTMLElement): uPlot.Axis => ({
  stroke: colourOf(element, '--muted'),
  grid: { stroke: colourOf(element, '--border'), width: 1 },
  ticks: { stroke: colourOf(element, '--border'), width: 1 },
  font: `12px ${getComputedStyle(element).fontFamily}`,
});

/** A colour of the style sheet as a canvas takes it. */
function colourOf(element: HTMLElement, name: string): string {
  const before = element.style.color;
  element.style.color = `var(${name})`;
  const value = getComputedStyle(element).color;
  element.style.color = before;
  return value;
}
