import { plural } from '../plural.js';

const count = (n: number) => plural(n, { one: '{n} event', other: '{n} events' });

export const charts = {
  title: 'Charts',
  period: 'Period',
  periods: { day: 'Day', week: '7 days', month: '31 days' },
  by: 'Colours',
  bys: { label: 'By label', camera: 'By camera' },
  until: 'Until',
  previous: 'Earlier',
  next: 'Later',
  today: 'Today',
  camera: 'Camera',
  label: 'Label',
  allCameras: 'All cameras',
  allLabels: 'All labels',
  view: 'Show as',
  views: { chart: 'Chart', table: 'Table' },
  chartOf: (from: string, to: string, total: number) =>
    `Events from ${from} to ${to}: ${count(total)}. The table has the same numbers.`,
  total: 'Total',
  others: 'Others',
  hour: 'Hour',
  day: 'Day',
  events: count,
  none: 'No events in this period.',
  help: 'An event counts once, when an object appears. Click a bar to see its events.',
  zone: (zone: string) => `Times are those of your zone, ${zone}.`,
  shownEvents: (at: string, n: number) => `${at}: ${count(n)}`,
};
