import type { Sighting } from '../../../core/contract/sighting.js';

/** What each row has, in order. The names are those of the API in the form of column names. */
const COLUMNS: [name: string, value: (sighting: Sighting) => string | number | null][] = [
  ['id', ({ id }) => id],
  ['camera', ({ camera }) => camera],
  ['camera_name', ({ cameraName }) => cameraName],
  ['label', ({ label }) => label],
  ['detector', ({ detector }) => detector],
  ['state', ({ state }) => state],
  ['started_at', ({ startedAt }) => startedAt],
  ['last_seen_at', ({ lastSeenAt }) => lastSeenAt],
  ['left_at', ({ leftAt }) => leftAt],
  ['duration_seconds', (one) => (Date.parse(one.lastSeenAt) - Date.parse(one.startedAt)) / 1000],
  ['snapshots', ({ count }) => count],
  ['confidence', ({ best }) => Number(best.confidence.toFixed(4))],
  ['zones', ({ zones }) => zones.join('; ')],
  ['image', ({ best }) => best.image],
  ['image_stored', ({ pictureSize }) => (pictureSize ? 'yes' : 'no')],
  ['box_x', ({ best }) => best.box.x],
  ['box_y', ({ best }) => best.box.y],
  ['box_width', ({ best }) => best.box.width],
  ['box_height', ({ best }) => best.box.height],
  ['marked_wrong', ({ mark }) => (mark ? 'yes' : 'no')],
  ['mark_note', ({ mark }) => mark?.note ?? null],
  ['mark_by', ({ mark }) => mark?.by ?? null],
];

/** Spreadsheets run a cell that begins with one of these as a formula; an apostrophe makes it text. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** A field of a CSV file (RFC 4180). */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const row = (values: (string | number | null)[]) => `${values.map(csvField).join(',')}\r\n`;

export const csvHeader = row(COLUMNS.map(([name]) => name));

export const csvRow = (sighting: Sighting): string =>
  row(COLUMNS.map(([, value]) => value(sighting)));
