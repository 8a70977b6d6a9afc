import { z } from 'zod';
import {
  fleetCamerasQuerySchema,
  fleetCamerasSchema,
  fleetPageSchema,
  fleetQuerySchema,
  siteCamerasSchema,
} from '../../core/contract/fleet.js';
import { nameSchema } from '../../core/contract/names.js';
import { type Route, route } from '../../core/http/route.js';
import { toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { FleetOverview } from '../fleet/fleet-overview.js';
import { presentSite } from './site-routes.js';

const tag = 'sites';

export function fleetRoutes(overview: FleetOverview): Route[] {
  return [
    route({
      method: 'get',
      path: '/fleet',
      tag,
      summary: 'The sites with their gaps, their cameras that are down and their detections by day',
      access: 'viewer',
      query: fleetQuerySchema,
      responses: { 200: fleetPageSchema },
      handle: async ({ query }) => {
        const { sites, next } = await overview.page(query);
        return {
          status: 'OK',
          sites: sites.map(({ gaps, camerasDown, days, ...site }) => ({
            ...presentSite(site),
            healthAt: toIsoStringOrNull(site.healthAt),
            gaps,
            camerasDown,
            days,
          })),
          next,
        };
      },
    }),
    route({
      method: 'get',
      path: '/fleet/cameras',
      tag,
      summary: 'The ids of the cameras that the sites report',
      description:
        'In the order of the ids: a rule of notifications names them. Sites may have cameras with the same id. The relay keeps the reports in memory: after a restart the list is complete within a minute.',
      access: 'viewer',
      query: fleetCamerasQuerySchema,
      responses: { 200: fleetCamerasSchema },
      handle: ({ query }) => ({ status: 'OK', ...overview.cameraIds(query) }),
    }),
    route({
      method: 'get',
      path: '/sites/{site}/cameras',
      tag,
      summary: "A site's cameras as it last reported them",
      description:
        'The relay keeps the reports in memory: after a restart the list is complete within a minute.',
      access: 'viewer',
      params: z.object({ site: nameSchema }),
      responses: { 200: siteCamerasSchema },
      problems: ['not_found'],
      handle: async ({ params }) => ({
        status: 'OK',
        cameras: (await overview.cameras(params.site)).map((camera) => ({
          id: camera.id,
          state: camera.state,
          paused: camera.paused,
          lastError: camera.lastError,
          lastSnapshotAt: camera.lastSnapshotAt,
          pictureAgeSeconds: camera.pictureAgeSeconds,
          consecutiveFailures: camera.consecutiveFailures,
          taken: camera.taken,
          unchanged: camera.unchanged,
          reportedAt: toIsoStringOrNull(camera.reportedAt),
        })),
      }),
    }),
  ];
}
