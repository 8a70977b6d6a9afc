import { z } from 'zod';

/**
 * Of the relay's public page. Route, below /api/v1:
 * - GET /demo → demoSchema (anonymous; at most 60 a minute from one address)
 */

const count = z.int().min(0);

export const demoLimitsSchema = z
  .object({
    uploadsPerMinute: count,
    workerSecondsPerMinute: z.number().meta({ description: 'Of one address', examples: [30] }),
    storedBytes: z
      .number()
      .meta({ description: 'Of one address, within `keptMinutes`', examples: [250_000_000] }),
    keptMinutes: z
      .number()
      .meta({ description: 'An uploaded image is removed after this time', examples: [60] }),
    maxUploadBytes: z.number(),
    maxPixels: z
      .number()
      .meta({ description: 'Width × height of an image', examples: [50_000_000] }),
    maxSearchedPixels: z
      .number()
      .meta({ description: 'Over all passes of a search', examples: [100_000_000] }),
  })
  .meta({ id: 'DemoLimits' });
export type DemoLimits = z.infer<typeof demoLimitsSchema>;

export const demoTotalsSchema = z
  .object({
    images: count.meta({
      examples: [18_204],
      description:
        'Images searched: those that sites reported, and uploads that were searched here',
    }),
    objects: count.meta({ description: 'Objects found in them', examples: [42_917] }),
    sites: count.meta({ description: 'Sites that report now', examples: [12] }),
  })
  .meta({ id: 'DemoTotals', description: 'Some seconds old' });
export type DemoTotals = z.infer<typeof demoTotalsSchema>;

export const demoSchema = z.object({
  status: z.literal('OK'),
  limits: demoLimitsSchema,
  totals: demoTotalsSchema,
});
export type DemoAnswer = z.infer<typeof demoSchema>;
