import { z } from 'zod';

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const timeSchema = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'expected a time of day from "00:00" to "24:00"');

/** A part of some days, in the machine's local time. A window whose end is before its start continues past midnight. */
export const timeWindowSchema = z
  .strictObject({
    days: z.array(z.enum(WEEKDAYS)).min(1).max(7).optional(),
    from: timeSchema,
    to: timeSchema,
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must differ from "from"' });
export type TimeWindow = z.infer<typeof timeWindowSchema>;
