import { z } from 'zod';
import { instantSchema, labelSchema, nameSchema } from './names.js';
import { fromSchema, repeatable, timeZoneSchema, toSchema } from './query.js';

export const totalsQuerySchema = z.strictObject({
  per: z.enum(['hour', 'day']).default('hour').meta({
    description: 'Hours begin on the hour in UTC; days at midnight of `timeZone`',
  }),
  from: fromSchema('From the hour with this time on; by default 7 days before `to`, with days 31'),
  to: toSchema('Up to the hour with this time, without it if the hour begins then; by default now'),
  camera: repeatable(nameSchema).meta({ description: 'Of these cameras; repeatable' }),
  label: repeatable(labelSchema).meta({ description: 'With these labels; repeatable' }),
  timeZone: timeZoneSchema.default('UTC'),
  after: z.string().max(1_024).optional().meta({
    description: 'Cursor: the `next` of the previous page, with the same other parameters',
  }),
});
export type TotalsQuery = z.infer<typeof totalsQuerySchema>;

export const sightingTotalSchema = z
  .object({
    at: instantSchema.meta({
      description:
        'The begin of the hour or of the day; of a day in a zone with half hours, of its first whole hour in UTC',
    }),
    day: z.iso.date().optional().meta({ description: 'With `per=day`: the day in `timeZone`' }),
    camera: nameSchema,
    label: labelSchema,
    sightings: z.int().min(1),
  })
  .meta({ id: 'SightingTotal' });
export type SightingTotal = z.infer<typeof sightingTotalSchema>;

/**
 * How many sightings appeared, oldest first; hours and days without any are left out. A sighting counts once, when it
 * appears, in the hour in which it began: neither its later snapshots nor a mark, nor its removal, change that.
 */
export const sightingTotalsSchema = z.object({
  status: z.literal('OK'),
  per: z.enum(['hour', 'day']),
  timeZone: z.string(),
  from: instantSchema,
  to: instantSchema,
  totals: z.array(sightingTotalSchema),
  next: z.string().nullable().meta({
    description: 'Send it as `after` for the next page; null on the last one',
  }),
});
export type SightingTotals = z.infer<typeof sightingTotalsSchema>;
