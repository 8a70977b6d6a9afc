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
