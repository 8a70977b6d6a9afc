import type { Sighting } from '../../../core/contract/sighting.js';

/** Of the list, in pixels. The style sheet has the same. */
const SIZES = { heading: 48, gap: 12, text: 78, leastCard: 150, mostCard: 230 };

export type EventRow = { top: number; height: number } & (
  | { kind: 'hour'; at: number; isEarlier: boolean }
  | { kind: 'cards'; events: readonly Sighting[] }
);

export interface EventRows {
  rows: readonly EventRow[];
  columns: number;
  height: number;
}

const HOUR_MS = 3_600_000;

/** Events below the headings of their hours, as rows whose places are known without drawing them. */
export function rowsOf(
  events: readonly Sighting[],
  listWidth: number,
  dayBegin: number,
): EventRows {
  const least = Math.min(SIZES.mostCard, Math.max(SIZES.leastCard, listWidth / 6));
  const columns = Math.max(1, Math.floor((listWidth + SIZES.gap) / (least + SIZES.gap)));
  const cardWidth = (listWidth - SIZES.gap * (columns - 1)) / columns;
  const cardHeight = Math.ceil((cardWidth * 9) / 16) + SIZES.text;
  const rows: EventRow[] = [];
  let top = 0;
  let hour: number | undefined;
  let cards: Sighting[] = [];
  for (const event of events) {
    const began = Date.parse(event.startedAt);
    const ownHour = Math.max(-1, Math.floor((began - dayBegin) / HOUR_MS));
    if (ownHour !== hour) {
      hour = ownHour;
      rows.push({
        kind: 'hour',
        at: dayBegin + ownHour * HOUR_MS,
        isEarlier: ownHour < 0,
        top,
        height: SIZES.heading,
      });
      top += SIZES.heading;
      cards = [];
    }
    if (cards.length === 0 || cards.length === columns) {
      cards = [];
      rows.push({ kind: 'cards', events: cards, top, height: cardHeight });
      top += cardHeight + SIZES.gap;
    }
    cards.push(event);
  }
  return { rows, columns, height: top };
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
