import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { SightingDays } from '../../../core/contract/sighting.js';
import { formatNumber, formatShortDay } from '../../shared/format.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { addDays, instantOf, isDay, today } from './days.js';
import { type EventFilter, inZone, thingsQuery } from './event-filter.js';
import './day-bar.css';

const words = texts.events;

const DAYS = 14;
/** Of them, after the day that is shown. */
const LATER = 3;

interface DayBarProps {
  filter: EventFilter;
  hrefOf(day: string): string;
  onDay(day: string): void;
}

/** The day that is shown, those around it with their numbers of events, and the ways to others. */
export function DayBar({ filter, hrefOf, onDay }: DayBarProps) {
  const { day } = filter;
  const now = today();
  const yesterday = addDays(now, -1);
  return (
    <div class="stack day-bar">
      <div class="row">
        <a class="button" href={hrefOf(addDays(day, -1))} aria-label={words.previousDay}>
          ←
        </a>
        <input
          class="input"
          type="date"
          aria-label={words.day}
          value={day}
          max={now}
          onChange={({ currentTarget: { value } }) => isDay(value) && onDay(value)}
        />
        {day < now && (
          <a class="button" href={hrefOf(addDays(day, 1))} aria-label={words.nextDay}>
            →
          </a>
        )}
        <a class="button" href={hrefOf(now)} aria-current={day === now ? 'date' : undefined}>
          {words.today}
        </a>
        <a
          class="button"
          href={hrefOf(yesterday)}
          aria-current={day === yesterday ? 'date' : undefined}
        >
          {words.yesterday}
        </a>
      </div>
      <Days filter={filter} hrefOf={hrefOf} />
    </div>
  );
}

function Days({ filter, hrefOf }: Pick<DayBarProps, 'filter' | 'hrefOf'>) {
  const { day } = filter;
  const now = today();
  const last = addDays(day, LATER) < now ? addDays(day, LATER) : now;
  const { data } = useResource<SightingDays>('/sightings/days', {
    query: {
      ...thingsQuery(filter),
      ...inZone,
      from: instantOf(addDays(last, 1 - DAYS)).toISOString(),
      to: instantOf(addDays(last, 1)).toISOString(),
    },
    everySeconds: 60,
  });
  const counts = useMemo(() => new Map(data?.days.map((one) => [one.day, one.sightings])), [data]);
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    const shown = list.current?.querySelector<HTMLElement>('li:has([aria-current])');
    if (list.current && shown)
      list.current.scrollLeft =
        shown.offsetLeft - (list.current.clientWidth - shown.offsetWidth) / 2;
  }, [day]);
  return (
    <nav aria-label={words.days}>
      <ul class="days" ref={list}>
        {Array.from({ length: DAYS }, (_, i) => addDays(last, i + 1 - DAYS)).map((one) => (
          <li key={one}>
            <a href={hrefOf(one)} aria-current={one === day ? 'date' : undefined}>
              <span>{formatShortDay(instantOf(one))}</span>
              <strong>{data ? formatNumber(counts.get(one) ?? 0) : '…'}</strong>
              <span class="visually-hidden">{words.unit(counts.get(one) ?? 0)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
