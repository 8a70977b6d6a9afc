import { z } from 'zod';
import { recentDetectionSchema, siteStatusSchema, syncSchema } from '../../core/contract/site.js';
import { type Route, route } from '../../core/http/route.js';

export interface SiteApi {
  status(): Promise<z.infer<typeof siteStatusSchema>>;
  sync(): Promise<z.infer<typeof syncSchema>>;
  recentDetections(limit: number): Promise<z.infer<typeof recentDetectionSchema>[]>;
}

const tag = 'site';
const recentQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) });
const recentSchema = z.object({
  status: z.literal('OK'),
  detections: z.array(recentDetectionSchema),
});

export function siteRoutes(site: SiteApi): Route[] {
  return [
    route({
      method: 'get',
      path: '/site',
      tag,
      summary: 'Get the state of the appliance',
      access: 'viewer',
      responses: { 200: siteStatusSchema },
      handle: () => site.status(),
    }),
    route({
      method: 'get',
      path: '/sync',
      tag,
      summary: 'Get the state of the uplink: acknowledged and waiting summaries',
      access: 'viewer',
      responses: { 200: syncSchema },
      handle: () => site.sync(),
    }),
    route({
      method: 'get',
      path: '/detections',
      tag,
      summary: 'List the newest detections of cameras and uploads',
      access: 'viewer',
      query: recentQuery,
      responses: { 200: recentSchema },
      handle: async ({ query }) => ({
        status: 'OK',
        detections: await site.recentDetections(query.limit),
      }),
    }),
  ];
}
