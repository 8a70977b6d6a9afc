import { z } from 'zod';
import { detectorResourceSchema } from '../contract/detection.js';
import type { Planner } from '../detection/detection.js';
import type { Access } from '../http/access.js';
import { type Route, route } from '../http/route.js';

const catalogSchema = z.object({
  status: z.literal('OK'),
  detectors: z.array(detectorResourceSchema),
});

export function detectorRoutes(planner: Planner, access: Access): Route[] {
  return [
    route({
      method: 'get',
      path: '/objectdetection/detectors',
      tag: 'detectors',
      summary: 'The catalog of detectors',
      access,
      responses: { 200: catalogSchema },
      handle: () => ({ status: 'OK', detectors: planner.detectors() }),
    }),
  ];
}
