import { formatHour } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';
import { addDays, instantOf, timeOf } from './days.js';
import { type EventFilter, inZone } from './event-filter.js';
import { useTotals } from './use-totals.js';
import './hour-bar.css';

const words = texts.events;

const HOUR_MS = 3_600_000;

interface HourBarProps {
  filter: EventFilter;
  hrefOf(from: string, to: string): string;
}

/** How many events began in each hour of the day, of the cameras and labels of the filter. Each leads to its events. */
export function HourBar({ filter, hrefOf }: HourBarProps) {
  const begin = instantOf(filter.day).getTime();
  const end = instantOf(addDays(filter.day, 1)).getTime();
  const counts = useCounts(filter, begin, end);
  const most = Math.max(1, ...counts.values());
  const hours: number[] = [];
  for (let at = begin - (begin % HOUR_MS); at < end; at += HOUR_MS) hours.push(at);
  return (
    <nav class="hours" aria-label={words.hours}>
      <ul>
        {hours.map((at) => {
          const from = timeOf(new Date(Math.max(at, begin)));
          const to = at + HOUR_MS >= end ? '00:00' : timeOf(new Date(at + HOUR_MS));
          const isShown = filter.from === from && filter.to === to;
          return (
            <li key={at}>
              <Hour
                at={at}
                count={counts.get(at) ?? 0}
                most={most}
                isShown={isShown}
                href={isShown ? hrefOf('', '') : hrefOf(from, to)}
              />
            </li>
          );
        })}
      </ul>
      <p class="scale" aria-hidden="true">
        {[0, 6, 12, 18].map((hour) => (
          <span key={hour}>{formatHour(begin + hour * HOUR_MS)}</span>
        ))}
      </p>
    </nav>
  );
}

function useCounts({ cameras, labels }: EventFilter, begin: number, end: number) {
  const { data } = useTotals({
    query: {
      ...inZone,
      per: 'hour',
      camera: cameras,
      label: labels,
      from: new Date(begin).toISOString(),
      to: new Date(end).toISOString(),
    },
    everySeconds: 60,
  });
  const counts = new Map<number, number>();
  for (const { at, sightings } of data ?? [])
    counts.set(Date.parse(at), (counts.get(Date.parse(at)) ?? 0) + sightings);
  return counts;
}

interface HourProps {
  at: number;
  count: number;
  /** Of the hour with the most events. */
  most: number;
  isShown: boolean;
  href: string;
}

function Hour({ at, count, most, isShown, href }: HourProps) {
  const text = words.hourCount(formatHour(at), formatHour(at + HOUR_MS), count);
  const share = count > 0 ? Math.max(6, (100 * count) / most) : 0;
  return (
    <a href={href} aria-current={isShown ? 'time' : undefined} aria-label={text} title={text}>
      <span class="bar" style={{ height: `${share}%` }} />
    </a>
  );
}
