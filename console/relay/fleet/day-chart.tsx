import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatShortUtcDay, formatUtcDay } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';
import type { DailyTotals } from './daily-totals.js';

const words = texts.fleet;

const HEIGHT = 260;
/** So that the first and the last bar are whole. */
const HALF_DAY_S = 43_200;
/** Labels with lines of their own. */
const MOST_LINES = 5;
/** Good on light and dark. */
const COLOURS = ['#d1741f', '#2a9d6f', '#b0508e', '#8a7a1f', '#c23b3b'];

function optionsOf({ labels }: DailyTotals, place: HTMLElement): uPlot.Options {
  const { color } = getComputedStyle(place);
  const grid = { stroke: `color-mix(in srgb, ${color} 18%, transparent)`, width: 1 };
  const bars = uPlot.paths.bars?.({ size: [0.7, 60] });
  return {
    width: place.clientWidth,
    height: HEIGHT,
    // Days in UTC, as the relay counts them.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'UTC'),
    scales: {
      x: { range: (_, first, last) => [first - HALF_DAY_S, last + HALF_DAY_S] },
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] },
    },
    series: [
      { label: words.day, value: (_, at) => (at === null ? '' : day(at)) },
      {
        label: words.total,
        stroke: '#3f83c9',
        fill: '#3f83c966',
        ...(bars && { paths: bars }),
        points: { show: false },
      },
      ...labels.slice(0, MOST_LINES).map(({ label }, i) => ({
        label,
        stroke: COLOURS[i] ?? color,
        width: 2,
      })),
    ],
    axes: [
      {
        ...{ stroke: color, grid, ticks: grid, space: 70 },
        values: (_, at) => at.map((seconds) => formatShortUtcDay(seconds * 1_000)),
      },
      { stroke: color, grid, ticks: grid, size: 60 },
    ],
  };
}

const day = (seconds: number): string => formatUtcDay(seconds * 1_000);

const dataOf = ({ days, totals, labels }: DailyTotals): uPlot.AlignedData => [
  days.map((name) => Date.parse(name) / 1_000),
  totals,
  ...labels.slice(0, MOST_LINES).map(({ byDay }) => byDay),
];

/** Detections of each day as bars, and the most frequent objects as lines. */
export function DayChart({ totals }: { totals: DailyTotals }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let plot = new uPlot(optionsOf(totals, element), dataOf(totals), element);
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => {
      plot.destroy();
      plot = new uPlot(optionsOf(totals, element), dataOf(totals), element);
    };
    scheme.addEventListener('change', redraw);
    return () => {
      scheme.removeEventListener('change', redraw);
      resized.disconnect();
      plot.destroy();
    };
  }, [totals]);
  return <div ref={place} class="day-chart" aria-hidden="true" />;
}
