import { demoSchema } from '../../core/contract/demo.js';
import { limitRate } from '../../core/http/guards.js';
import { type Route, route } from '../../core/http/route.js';
import type { RelayConfig } from '../config.js';
import type { DemoCounters } from '../demo/demo-counters.js';

const REQUESTS_PER_MINUTE = 60;

export function demoRoutes({ demo, images }: RelayConfig, counters: DemoCounters): Route[] {
  const limits = {
    uploadsPerMinute: demo.uploadsPerMinute,
    workerSecondsPerMinute: demo.workerMsPerMinute / 1_000,
    storedBytes: demo.storedBytes,
    keptMinutes: demo.uploadLifetimeMs / 60_000,
    maxUploadBytes: images.maxUploadBytes,
    maxPixels: images.maxPixels,
    maxSearchedPixels: demo.maxSearchedPixels,
  };
  return [
    route({
      method: 'get',
      path: '/demo',
      tag: 'demo',
      summary: 'Limits of public uploads, and what was searched and found so far',
      description: 'The totals are those of all sites together, and name none of them.',
      access: 'anonymous',
      responses: { 200: demoSchema },
      problems: ['rate_limited'],
      before: [limitRate(REQUESTS_PER_MINUTE)],
      handle: async () => ({ status: 'OK', limits, totals: await counters.get() }),
    }),
  ];
}
