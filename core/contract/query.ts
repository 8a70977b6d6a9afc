import { z } from 'zod';

/** A parameter of a query that may be given several times, e.g. `camera=gate&camera=yard`. */
export const repeatable = <T extends z.ZodType>(item: T, most = 64) =>
  z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item).min(1).max(most).optional(),
  );

/** A number that arrives as text. An empty text is not a number, although `Number('')` is 0. */
export const numeric = <T extends z.ZodType>(schema: T) =>
  z.preprocess(
    (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
    schema,
  );

const BOOLEANS: Record<string, boolean> = { true: true, '1': true, false: false, '0': false };

/** `true` or `1`, `false` or `0`. */
export const truthValue = z.preprocess(
  (value) => (typeof value === 'string' ? (BOOLEANS[value] ?? value) : value),
  z.boolean({ error: 'expected true or false' }),
);

/** The name of a time zone in the database of IANA; checked where it is used. */
export const timeZoneSchema = z
  .string()
  .regex(/^[A-Za-z0-9_+/-]{1,64}$/, 'expected a time zone such as Europe/Berlin')
  .meta({
    description: 'The time zone whose days are counted, as IANA names it',
    examples: ['Europe/Berlin'],
  });

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
/** In a query, an offset's `+` that was not encoded arrives as a space. */
const TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+ -]\d{2}:\d{2})$/i;

const FORMS =
  'expected a date (2026-11-27), or a time with Z or an offset (2026-11-27T08:30:00Z, 2026-11-27T09:30:00+01:00)';

/** The local midnight at which a day begins, `later` days later; undefined if there is no such date. */
function midnightOf(text: string, later: number): Date | undefined {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const exists = new Date(Date.UTC(year, month - 1, day)).toISOString().startsWith(text);
  return exists && year > 99 ? new Date(year, month - 1, day + later) : undefined;
}

/** The instant that a text means, as ISO 8601 in UTC; undefined if it is neither a date nor a time with an offset. */
function instantOf(text: string, end: boolean): string | undefined {
  const day = midnightOf(text, end ? 1 : 0);
  if (day) return day.toISOString();
  const [, date = '', time, offset = ''] = TIME.exec(text) ?? [];
  if (!midnightOf(date, 0)) return undefined;
  const at = new Date(`${date}T${time}${offset.replace(' ', '+').toUpperCase()}`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

const moment = (end: boolean, description: string) =>
  z
    .string()
    .refine((text) => instantOf(text, end) !== undefined, { error: FORMS, abort: true })
    .overwrite((text) => instantOf(text, end) ?? text)
    .meta({ description, examples: ['2026-11-27'] });

/**
 * The beginning of a period in a query: a date is the local day of the machine, whose zone is the site's. Read as an instant
 * in UTC.
 */
export const fromSchema = (description: string) =>
  moment(
    false,
    `${description}. A date is the beginning of the day at the site; a time needs Z or an offset`,
  ).optional();

/** The end of a period in a query: a date is the whole day, so that the same date as `from` means one day. */
export const toSchema = (description: string) =>
  moment(
    true,
    `${description}. A date is the end of the day at the site; a time needs Z or an offset`,
  ).optional();
