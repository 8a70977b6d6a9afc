import type { Query } from '../../shared/api.js';
import { dayOf, readersZone } from '../../shared/format.js';
import type { Search } from '../../shared/use-search.js';
import { addDays, instantOf, instantOfId, isDay, today } from './days.js';

/** Which events are shown, as the address of the page has it. */
export interface EventFilter {
  day: string;
  cameras: string[];
  labels: string[];
  zones: string[];
  /** 0 to 1, as text. */
  confidence: string;
  marked: '' | 'true' | 'false';
  /** Times of the day; empty for its begin and its end. */
  from: string;
  to: string;
}

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const timeIn = (text: string | undefined) => (text && TIME.test(text) ? text : '');

/** Without a day, that of the event which is shown, or today. */
export function filterIn(search: Search, event: string | undefined): EventFilter {
  const day = search.get('day');
  const marked = search.get('marked');
  const confidence = search.get('confidence') ?? '';
  return {
    day: isDay(day) ? day : event === undefined ? today() : dayOf(instantOfId(event)),
    cameras: search.all('camera'),
    labels: search.all('label'),
    zones: search.all('zone'),
    confidence: Number(confidence) > 0 && Number(confidence) <= 1 ? confidence : '',
    marked: marked === 'true' || marked === 'false' ? marked : '',
    from: timeIn(search.get('from')),
    to: timeIn(search.get('to')),
  };
}

/** What the filter means, without a time. */
export const thingsQuery = (filter: EventFilter): Query => ({
  camera: filter.cameras,
  label: filter.labels,
  zone: filter.zones,
  minConfidence: filter.confidence,
  marked: filter.marked,
});

export function periodOf({ day, from, to }: EventFilter): { from: Date; to: Date } {
  return {
    from: instantOf(day, from || undefined),
    to: to === '' || to === '00:00' ? instantOf(addDays(day, 1)) : instantOf(day, to),
  };
}

/** As the API takes it. */
export function apiQuery(filter: EventFilter): Query {
  const { from, to } = periodOf(filter);
  return { ...thingsQuery(filter), from: from.toISOString(), to: to.toISOString() };
}

export const inZone = { timeZone: readersZone() };

/** How many parts of the filter are set, besides the day. */
export const countSet = (filter: EventFilter): number =>
  [
    filter.cameras.length > 0,
    filter.labels.length > 0,
    filter.zones.length > 0,
    filter.confidence !== '',
    filter.marked !== '',
    filter.from !== '' || filter.to !== '',
  ].filter(Boolean).length;

/** What a filter can name. */
export interface Choices {
  cameras: readonly { value: string; text: string }[];
  labels: readonly { value: string; text: string }[];
}
