import type { Sighting } from '../../../core/contract/sighting.js';

/** Of the list, in pixels. The style sheet has the same. */
const SIZES = { heading: 48, gap: 12, text: 78, leastCard: 150, mostCard: 230 };

export type EventRow = { top: number; height: number } & (
  | {
      kind: 'hour';
      /** Of the day; -1 for what began before it. */
      hour: number;
      at: number;
    }
  | { kind: 'cards'; events: readonly Sighting[] }
);

export interface EventRows {
  rows: readonly EventRow[];
  columns: number;
  height: number;
  /** What they were made of. */
  of: { events: readonly Sighting[]; listWidth: number; dayBegin: number };
}

const HOUR_MS = 3_600_000;

/**
 * Events below the headings of their hours, as rows whose places are known without drawing them. Given the rows of the
 * first of the events, those that do not change are the same objects: further events cost what they cost themselves, and
 * nothing is drawn again.
 */
export function rowsOf(of: EventRows['of'], before?: EventRows): EventRows {
  const { events, listWidth, dayBegin } = of;
  const { columns, cardHeight } = gridOf(listWidth);
  const known = before && isBegin(before.of, of) ? before : undefined;
  const rows = [...(known?.rows ?? [])];
  // The last row may get more cards.
  const last = rows.pop();
  let cards = last?.kind === 'cards' ? [...last.events] : [];
  let top = last?.top ?? 0;
  let hour = rows.findLast((row) => row.kind === 'hour')?.hour;
  const endRow = () => {
    if (cards.length === 0) return;
    rows.push({ kind: 'cards', events: cards, top, height: cardHeight });
    top += cardHeight + SIZES.gap;
    cards = [];
  };
  for (const event of events.slice(known?.of.events.length ?? 0)) {
    const began = Date.parse(event.startedAt);
    const ownHour = Math.max(-1, Math.floor((began - dayBegin) / HOUR_MS));
    if (ownHour !== hour) {
      endRow();
      hour = ownHour;
      rows.push({ kind: 'hour', hour, at: dayBegin + hour * HOUR_MS, top, height: SIZES.heading });
      top += SIZES.heading;
    }
    if (cards.length === columns) endRow();
    cards.push(event);
  }
  endRow();
  return { rows, columns, height: top, of };
}

const isBegin = (before: EventRows['of'], { events, listWidth, dayBegin }: EventRows['of']) =>
  before.listWidth === listWidth &&
  before.dayBegin === dayBegin &&
  before.events.every((event, i) => event === events[i]);

function gridOf(listWidth: number): { columns: number; cardHeight: number } {
  const least = Math.min(SIZES.mostCard, Math.max(SIZES.leastCard, listWidth / 6));
  const columns = Math.max(1, Math.floor((listWidth + SIZES.gap) / (least + SIZES.gap)));
  const cardWidth = (listWidth - SIZES.gap * (columns - 1)) / columns;
  return { columns, cardHeight: Math.ceil((cardWidth * 9) / 16) + SIZES.text };
}

/** The first of the rows that ends below `y`. */
export function rowAt(rows: readonly EventRow[], y: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row && row.top + row.height < y) low = middle + 1;
    else high = middle;
  }
  return low;
}
