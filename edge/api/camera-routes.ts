import { z } from 'zod';
import { imageIdSchema, nameSchema } from '../../core/contract/names.js';
import { type CameraResource, cameraResourceSchema } from '../../core/contract/site.js';
import { type Route, route } from '../../core/http/route.js';
import { scopeOf } from '../../core/http/scope.js';
import { toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { Backlog } from '../cameras/camera.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import type { ConfiguredCameras } from '../cameras/configured-cameras.js';
import type { CameraSchedule } from '../cameras/schedule/camera-schedule.js';
import { ANALYSIS_PROBLEMS } from './analysis-problems.js';

const tag = 'cameras';
const byId = z.object({ camera: nameSchema });
const listSchema = z.object({ status: z.literal('OK'), cameras: z.array(cameraResourceSchema) });
const oneSchema = z.object({ status: z.literal('OK'), camera: cameraResourceSchema });
const snapshotSchema = z.object({
  status: z.literal('OK'),
  image: imageIdSchema.nullable().meta({ description: 'null if the camera has no new snapshot' }),
});

/** The cameras, and where each is declared. */
export interface CameraApi {
  cameras: CameraSchedule;
  configured: Pick<ConfiguredCameras, 'declaredIn'>;
}

export function cameraRoutes(api: CameraApi): Route[] {
  return [...readRoutes(api), ...actionRoutes(api)];
}

function readRoutes(api: CameraApi): Route[] {
  const { cameras } = api;
  return [
    route({
      method: 'get',
      path: '/cameras',
      tag,
      summary: 'List the cameras with their state',
      access: 'viewer',
      scope: 'filtered',
      responses: { 200: listSchema },
      handle: (_, ctx) => {
        const scope = scopeOf(ctx);
        const visible = cameras.statuses().filter(({ id }) => scope?.includes(id) ?? true);
        return { status: 'OK', cameras: visible.map((status) => presentCamera(api, status)) };
      },
    }),
    route({
      method: 'get',
      path: '/cameras/{camera}',
      tag,
      summary: 'Get one camera',
      access: 'viewer',
      scope: 'path',
      params: byId,
      responses: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => presentOne(api, params.camera),
    }),
  ];
}

function actionRoutes(api: CameraApi): Route[] {
  const { cameras } = api;
  return [
    route({
      method: 'post',
      path: '/cameras/{camera}/snapshot',
      tag,
      summary: 'Take a snapshot now and analyse it',
      access: 'operator',
      scope: 'path',
      params: byId,
      responses: { 200: snapshotSchema },
      problems: ['not_found', 'camera_failed', ...ANALYSIS_PROBLEMS],
      handle: async ({ params }) => ({
        status: 'OK',
        image: (await cameras.snapshotNow(params.camera)) ?? null,
      }),
    }),
    route({
      method: 'post',
      path: '/cameras/{camera}/pause',
      tag,
      summary: 'Pause a camera: it takes no snapshots until resumed',
      access: 'operator',
      audit: 'camera_paused',
      scope: 'path',
      params: byId,
      responses: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => {
        cameras.pause(params.camera);
        return presentOne(api, params.camera);
      },
    }),
    route({
      method: 'post',
      path: '/cameras/{camera}/resume',
      tag,
      summary: 'Resume a camera: it takes snapshots on schedule again',
      access: 'operator',
      audit: 'camera_resumed',
      scope: 'path',
      params: byId,
      responses: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => {
        cameras.resume(params.camera);
        return presentOne(api, params.camera);
      },
    }),
  ];
}

const presentOne = (api: CameraApi, id: string) => ({
  status: 'OK',
  camera: presentCamera(api, api.cameras.status(id)),
});

function presentCamera({ configured }: CameraApi, status: CameraStatus): CameraResource {
  const { name, lastAttemptAt, lastSnapshotAt, nextRunAt, backlog, ...rest } = status;
  return {
    ...rest,
    name: name ?? null,
    declaredIn: configured.declaredIn(status.id) ?? 'file',
    lastAttemptAt: toIsoStringOrNull(lastAttemptAt),
    lastSnapshotAt: toIsoStringOrNull(lastSnapshotAt),
    nextRunAt: toIsoStringOrNull(nextRunAt),
    backlog: backlog && presentBacklog(backlog),
  };
}

function presentBacklog({ waiting, skipped, reasons }: Backlog) {
  const counts = Object.entries(reasons).map(([reason, count = 0]) => [reason, count]);
  return { waiting, skipped, reasons: Object.fromEntries(counts) };
}
