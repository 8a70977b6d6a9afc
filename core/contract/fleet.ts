import { z } from 'zod';
import { cameraStateNameSchema } from './live-payloads.js';
import { instantSchema, nameSchema } from './names.js';
import { repeatable } from './query.js';
import { siteSchema } from './site.js';
import { dropReasonSchema, epochSchema, sequenceSchema } from './summary.js';

/**
 * Of the relay's fleet pages, besides the routes of sites. Routes, below /api/v1 (viewer):
 * - GET /fleet?limit&after → fleetPageSchema
 * - GET /fleet/cameras?site&limit&after → fleetCamerasSchema
 * - GET /sites/{site}/cameras → siteCamerasSchema
 */

const count = z.int().min(0);
const moment = instantSchema.nullable();
const nextPage = nameSchema.nullable().meta({
  description: 'Send it as `after` for the next page; null on the last one',
});

export const MAX_FLEET_PAGE = 200;
/** Days of a site in the overview, today included. */
export const FLEET_DAYS = 7;

export const siteCameraSchema = z
  .object({
    id: nameSchema,
    state: cameraStateNameSchema,
    paused: z.boolean(),
    lastError: z.string().nullable(),
    lastSnapshotAt: moment,
    pictureAgeSeconds: count,
    consecutiveFailures: count,
    taken: count.meta({ description: 'Snapshots analysed since the start of the appliance' }),
    unchanged: count.meta({ description: 'Snapshots that the motion gate skipped' }),
    reportedAt: moment.meta({
      description: 'When the report arrived; null if it is one that the broker had kept',
    }),
  })
  .meta({ id: 'SiteCamera' });
export type SiteCameraResource = z.infer<typeof siteCameraSchema>;

export const siteCamerasSchema = z.object({
  status: z.literal('OK'),
  cameras: z.array(siteCameraSchema),
});
export type SiteCamerasAnswer = z.infer<typeof siteCamerasSchema>;

export const fleetSiteSchema = siteSchema
  .extend({
    healthAt: moment.meta({ description: 'When its last health report arrived' }),
    gaps: z
      .object({ missing: count, lost: count, dropped: count, refused: count })
      .meta({ description: 'Number of summaries that the relay does not have, by kind' }),
    camerasDown: z
      .array(nameSchema)
      .max(20)
      .meta({ description: 'Cameras that are offline, frozen or stale; the first 20' }),
    days: z
      .array(z.object({ day: z.iso.date(), detections: count }))
      .meta({ description: `Detections on the last ${FLEET_DAYS} days (UTC), oldest first` }),
  })
  .meta({ id: 'FleetSite' });
export type FleetSite = z.infer<typeof fleetSiteSchema>;

export const fleetPageSchema = z.object({
  status: z.literal('OK'),
  sites: z.array(fleetSiteSchema),
  next: nextPage,
});
export type FleetPage = z.infer<typeof fleetPageSchema>;

export const fleetQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_FLEET_PAGE).default(MAX_FLEET_PAGE),
  after: nameSchema.optional(),
});

export const MAX_FLEET_CAMERAS = 2_000;
/** Of the sites of a camera, so many are named. */
export const MAX_NAMED_SITES = 5;

export const fleetCamerasQuerySchema = z.strictObject({
  site: repeatable(nameSchema).meta({ description: 'Only cameras of these sites; repeatable' }),
  limit: z.coerce.number().int().min(1).max(MAX_FLEET_CAMERAS).default(MAX_FLEET_CAMERAS),
  after: nameSchema.optional(),
});
export type FleetCamerasQuery = z.infer<typeof fleetCamerasQuerySchema>;

export const fleetCameraSchema = z
  .object({
    id: nameSchema,
    siteCount: z.int().min(1).meta({ description: 'Number of sites with a camera of this id' }),
    sites: z
      .array(nameSchema)
      .max(MAX_NAMED_SITES)
      .meta({ description: `These sites; the first ${MAX_NAMED_SITES}` }),
  })
  .meta({ id: 'FleetCamera' });
export type FleetCamera = z.infer<typeof fleetCameraSchema>;

export const fleetCamerasSchema = z.object({
  status: z.literal('OK'),
  cameras: z.array(fleetCameraSchema),
  next: nextPage,
});
export type FleetCameras = z.infer<typeof fleetCamerasSchema>;

/** Limit on the gaps in an answer. */
export const MAX_GAPS = 1_000;

export const gapSchema = z
  .object({
    kind: z.enum(['missing', 'lost', 'dropped', 'refused', 'removed']).meta({
      description:
        '`missing`: still expected; `dropped`: the appliance reported that it dropped them; `refused`: the relay or the broker does not accept them; `lost`: neither the relay nor the appliance has them any more; `removed`: an operator removed them with the site',
    }),
    epoch: epochSchema,
    from: sequenceSchema,
    to: sequenceSchema,
    count: z.int().min(1),
    reason: dropReasonSchema.nullable().meta({
      description:
        'Why the appliance dropped them: `bytes` or `age` is the limit that was exceeded; `damaged`: its database was damaged',
    }),
    detail: z.string().nullable().meta({ description: 'Why it was refused' }),
    noticedAt: instantSchema.meta({
      description: 'When the relay noticed the gap; if missing, when the outbox last reported',
    }),
  })
  .meta({ id: 'Gap' });
export type GapResource = z.infer<typeof gapSchema>;

export const siteGapsSchema = z.object({
  status: z.literal('OK'),
  gaps: z.array(gapSchema).max(MAX_GAPS),
  truncated: z.boolean().meta({ description: 'There are more than are listed' }),
});
export type SiteGapsAnswer = z.infer<typeof siteGapsSchema>;
