import type { SightingTotal } from '../../../core/contract/totals.js';
import { dayOf } from '../../shared/format.js';
import type { Search } from '../../shared/use-search.js';
import { addDays, instantOf, isDay, timeOf, today } from '../events/days.js';

export type Period = 'day' | 'week' | 'month';
export type By = 'label' | 'camera';

const DAYS: Record<Period, number> = { day: 1, week: 7, month: 31 };
const HOUR_MS = 3_600_000;

/** What the chart shows, as the address of the page has it. */
export interface ChartChoice {
  period: Period;
  by: By;
  /** The last day. */
  day: string;
  camera: string;
  label: string;
  view: 'chart' | 'table';
}

export function choiceIn(search: Search): ChartChoice {
  const period = search.get('period');
  const day = search.get('day');
  return {
    period: period === 'week' || period === 'month' ? period : 'day',
    by: search.get('by') === 'camera' ? 'camera' : 'label',
    day: isDay(day) ? day : today(),
    camera: search.get('camera') ?? '',
    label: search.get('label') ?? '',
    view: search.get('view') === 'table' ? 'table' : 'chart',
  };
}

export const firstDay = ({ day, period }: ChartChoice): string => addDays(day, 1 - DAYS[period]);
export const shifted = ({ day, period }: ChartChoice, periods: number): string =>
  addDays(day, periods * DAYS[period]);

export const perOf = ({ period }: ChartChoice): 'hour' | 'day' =>
  period === 'month' ? 'day' : 'hour';

/** A bar: an hour or a day, with the count of each series. */
export interface Bar {
  at: number;
  counts: readonly number[];
  total: number;
}

export interface Series {
  /** Of the camera or the label; undefined for those that are put together. */
  key: string | undefined;
  total: number;
}

export interface ChartData {
  series: readonly Series[];
  bars: readonly Bar[];
  total: number;
}

/** What has fewer than the first ones is put together: more colours are not told apart. */
const MOST_SERIES = 7;

/** The begins of all hours or days of the period, with those in which nothing appeared. */
function begins(choice: ChartChoice): number[] {
  const first = firstDay(choice);
  if (perOf(choice) === 'day')
    return Array.from({ length: DAYS[choice.period] }, (_, i) =>
      instantOf(addDays(first, i)).getTime(),
    );
  const begin = instantOf(first).getTime();
  const end = instantOf(addDays(choice.day, 1)).getTime();
  const all: number[] = [];
  for (let at = begin - (begin % HOUR_MS); at < end; at += HOUR_MS) all.push(at);
  return all;
}

export function chartData(choice: ChartChoice, totals: readonly SightingTotal[]): ChartData {
  const sums = new Map<string, number>();
  for (const one of totals)
    sums.set(one[choice.by], (sums.get(one[choice.by]) ?? 0) + one.sightings);
  const keys = [...sums].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  const isAll = keys.length <= MOST_SERIES;
  const own = isAll ? keys : keys.slice(0, MOST_SERIES - 1);
  const series: Series[] = own.map(([key, total]) => ({ key, total }));
  if (!isAll)
    series.push({
      key: undefined,
      total: keys.slice(own.length).reduce((sum, [, total]) => sum + total, 0),
    });
  const places = new Map(own.map(([key], i) => [key, i]));
  const bars = begins(choice).map((at) => ({ at, counts: series.map(() => 0), total: 0 }));
  const byTime = new Map(bars.map((bar) => [timeKey(choice, bar.at), bar]));
  for (const one of totals) {
    const bar = byTime.get(one.day ?? String(Date.parse(one.at)));
    if (!bar) continue;
    const place = places.get(one[choice.by]) ?? series.length - 1;
    bar.counts[place] = (bar.counts[place] ?? 0) + one.sightings;
    bar.total += one.sightings;
  }
  return { series, bars, total: bars.reduce((sum, { total }) => sum + total, 0) };
}

const timeKey = (choice: ChartChoice, at: number): string =>
  perOf(choice) === 'day' ? dayOf(at) : String(at);

/** The events that a bar counts. */
export function eventsHref(choice: ChartChoice, at: number, key?: string): string {
  const query = new URLSearchParams({ day: dayOf(at) });
  if (perOf(choice) === 'hour') {
    const end = new Date(at + HOUR_MS);
    query.set('from', timeOf(new Date(at)));
    query.set('to', dayOf(end) === dayOf(at) ? timeOf(end) : '00:00');
  }
  const camera = choice.by === 'camera' ? (key ?? choice.camera) : choice.camera;
  const label = choice.by === 'label' ? (key ?? choice.label) : choice.label;
  if (camera) query.set('camera', camera);
  if (label) query.set('label', label);
  return `/events?${query}`;
}
