import { z } from 'zod';
import {
  cameraSettingsAnswerSchema,
  revisionNumberSchema,
  revisionPageSchema,
  revisionQuerySchema,
} from '../../core/contract/camera-management.js';
import { nameSchema } from '../../core/contract/names.js';
import { type Route, route } from '../../core/http/route.js';
import {
  actorIn,
  type CameraSettingsApi,
  presentRevision,
  presentSettings,
} from './camera-settings-view.js';

const tag = 'camera settings';
const byCamera = z.object({ camera: nameSchema });
const byRevision = byCamera.extend({
  revision: z.coerce.number().pipe(revisionNumberSchema).meta({ description: 'Its number' }),
});
type Query = z.infer<typeof revisionQuerySchema>;

/** What was changed of the cameras that the API manages, and how to return to it. */
export function cameraRevisionRoutes(api: CameraSettingsApi): Route[] {
  const page = async ({ limit, before }: Query, camera?: string) => {
    const query = { limit: limit + 1, before, ...(camera !== undefined && { camera }) };
    const rows = await api.managed.revisions(query);
    const shown = rows.slice(0, limit);
    const next = rows.length > limit ? (shown.at(-1)?.revision ?? null) : null;
    return {
      status: 'OK',
      revisions: shown.map((row) => presentRevision(row, api.managed)),
      next,
    };
  };
  return [
    route({
      method: 'get',
      path: '/camera-revisions',
      tag,
      summary: 'What was changed of all cameras that the API manages, newest first',
      description: 'Cameras that were removed are in it, and can be restored.',
      access: 'admin',
      query: revisionQuerySchema,
      responses: { 200: revisionPageSchema },
      handle: ({ query }) => page(query),
    }),
    route({
      method: 'get',
      path: '/cameras/{camera}/revisions',
      tag,
      summary: 'What was changed of one camera, newest first; also of one that was removed',
      access: 'admin',
      params: byCamera,
      query: revisionQuerySchema,
      responses: { 200: revisionPageSchema },
      handle: ({ params, query }) => page(query, params.camera),
    }),
    route({
      method: 'post',
      path: '/cameras/{camera}/revisions/{revision}/restore',
      tag,
      summary: 'Give a camera the settings of a revision, with its secrets',
      description:
        'A camera that was removed is added again. The restored settings are a new revision, so that this can be undone as well.',
      access: 'admin',
      audit: 'camera_restored',
      params: byRevision,
      responses: { 200: cameraSettingsAnswerSchema },
      problems: ['not_found', 'camera_read_only', 'conflict', 'shutting_down'],
      handle: async ({ params: { camera, revision } }, ctx) => {
        await api.manager.restore(camera, revision, actorIn(ctx));
        return { status: 'OK', ...(await presentSettings(api, camera, true)) };
      },
    }),
  ];
}
