import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Sighting } from '../../../core/contract/sighting.js';
import { formatHour } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';
import { EventCard } from './event-card.js';
import { type EventRow, type EventRows, rowAt, rowsOf } from './event-rows.js';
import './event-list.css';

const words = texts.events;

/** Pixels beyond the screen that are drawn. */
const MARGIN = 700;
/** More is loaded once so many pixels are left. */
const AHEAD = 4_000;

interface EventListProps {
  events: readonly Sighting[];
  dayBegin: number;
  hrefOf(event: Sighting): string;
  /** Called while the end of the list is near. */
  onEnd(): void;
}

/** Any number of events: only those on the screen are in the document. */
export function EventList({ events, dayBegin, hrefOf, onEnd }: EventListProps) {
  const list = useRef<HTMLDivElement>(null);
  const width = useWidth(list);
  const made = useRef<EventRows | undefined>(undefined);
  made.current = useMemo(
    () => rowsOf({ events, listWidth: width || 320, dayBegin }, made.current),
    [events, width, dayBegin],
  );
  const { rows, columns, height } = made.current;
  const { first, last } = useShownRows(list, rows);
  useEffect(() => {
    const end = rows[last - 1];
    if (end && height - end.top < AHEAD) onEnd();
  }, [last, rows]);
  return (
    <div ref={list} class="event-list" style={{ height: `${height}px` }}>
      {width > 0 &&
        rows
          .slice(first, last)
          .map((row, i) => <Row key={first + i} row={row} columns={columns} hrefOf={hrefOf} />)}
    </div>
  );
}

interface RowProps {
  row: EventRow;
  columns: number;
  hrefOf(event: Sighting): string;
}

/** Drawn once, and not again for each row that comes onto the screen. */
function Row({ row, columns, hrefOf }: RowProps) {
  return useMemo(() => {
    const place = { transform: `translateY(${row.top}px)`, height: `${row.height}px` };
    if (row.kind === 'hour')
      return (
        <h2 class="hour" style={place}>
          {row.hour < 0 ? words.earlier : formatHour(row.at)}
        </h2>
      );
    return (
      <ul style={{ ...place, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {row.events.map((event) => (
          <li key={event.id}>
            <EventCard sighting={event} href={hrefOf(event)} />
          </li>
        ))}
      </ul>
    );
  }, [row, columns, hrefOf]);
}

function useWidth(element: RefObject<HTMLElement>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!element.current) return;
    setWidth(element.current.clientWidth);
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry?.contentRect.width ?? 0)),
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** Which rows are on the screen, or near it. */
function useShownRows(list: RefObject<HTMLElement>, rows: readonly EventRow[]) {
  const [shown, setShown] = useState({ first: 0, last: 0 });
  useLayoutEffect(() => {
    let frame: number | undefined;
    const find = () => {
      frame = undefined;
      const top = -(list.current?.getBoundingClientRect().top ?? 0);
      const first = rowAt(rows, top - MARGIN);
      const last = Math.min(rows.length, rowAt(rows, top + innerHeight + MARGIN) + 1);
      setShown((before) =>
        before.first === first && before.last === last ? before : { first, last },
      );
    };
    const whenScrolled = () => {
      frame ??= requestAnimationFrame(find);
    };
    find();
    addEventListener('scroll', whenScrolled, { passive: true });
    addEventListener('resize', whenScrolled);
    return () => {
      if (frame !== undefined) cancelAnimationFrame(frame);
      removeEventListener('scroll', whenScrolled);
      removeEventListener('resize', whenScrolled);
    };
  }, [rows]);
  return shown;
}
