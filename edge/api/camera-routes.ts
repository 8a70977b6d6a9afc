import { z } from 'zod';
import { imageIdSchema, nameSchema } from '../../core/contract/names.js';
import type { ProblemCode } from '../../core/contract/problem.js';
import { type CameraResource, cameraResourceSchema } from '../../core/contract/site.js';
import { receiveImage } from '../../core/http/raw-upload.js';
import { type Route, route } from '../../core/http/route.js';
import { uploadOf } from '../../core/http/upload.js';
import type { UploadBudget } from '../../core/http/upload-budget.js';
import { toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import type { CameraSchedule } from '../cameras/schedule/camera-schedule.js';

const tag = 'cameras';
const byId = z.object({ camera: nameSchema });
const listSchema = z.object({ status: z.literal('OK'), cameras: z.array(cameraResourceSchema) });
const oneSchema = z.object({ status: z.literal('OK'), camera: cameraResourceSchema });
const snapshotSchema = z.object({
  status: z.literal('OK'),
  image: imageIdSchema.nullable().meta({ description: 'null if the camera has no new snapshot' }),
});

const pushedSchema = z.object({
  status: z.literal('OK'),
  image: imageIdSchema
    .nullable()
    .meta({ description: 'null outside the time windows of the camera' }),
});

/** Problems of an uploaded image. For a snapshot that was fetched they are a `camera_failed`. */
const IMAGE_PROBLEMS: ProblemCode[] = [
  'too_many_pixels',
  'unsupported_image_kind',
  'image_undecodable',
];

/** Problems of the analysis of a snapshot. */
const ANALYSIS_PROBLEMS: ProblemCode[] = [
  'image_crashed_decoder',
  'detection_timeout',
  'queue_full',
  'detection_unavailable',
  'shutting_down',
  'disk_budget_spent',
];

export function cameraRoutes(cameras: CameraSchedule, uploads: UploadBudget): Route[] {
  return [...readRoutes(cameras), ...snapshotRoutes(cameras, uploads), ...pauseRoutes(cameras)];
}

function readRoutes(cameras: CameraSchedule): Route[] {
  return [
    route({
      method: 'get',
      path: '/cameras',
      tag,
      summary: 'List the cameras with their state',
      access: 'viewer',
      responses: { 200: listSchema },
      handle: () => ({ status: 'OK', cameras: cameras.statuses().map(presentCamera) }),
    }),
    route({
      method: 'get',
      path: '/cameras/{camera}',
      tag,
      summary: 'Get one camera',
      access: 'viewer',
      params: byId,
      responses: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => presentOne(cameras, params.camera),
    }),
  ];
}

function snapshotRoutes(cameras: CameraSchedule, uploads: UploadBudget): Route[] {
  return [
    route({
      method: 'post',
      path: '/cameras/{camera}/snapshot',
      tag,
      summary: 'Take a snapshot now and analyse it',
      access: 'operator',
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
      path: '/cameras/{camera}/snapshots',
      tag,
      summary: 'Upload a snapshot of a camera with kind push',
      access: 'operator',
      params: byId,
      form: { file: 'image', fields: z.object({}), orRaw: true },
      responses: { 200: pushedSchema },
      problems: [
        'not_found',
        'camera_takes_no_uploads',
        'invalid_request',
        'missing_image',
        'unexpected_file',
        'too_many_bytes',
        'unsupported_request_type',
        'rate_limited',
        'uploads_full',
        ...IMAGE_PROBLEMS,
        ...ANALYSIS_PROBLEMS,
      ],
      before: [receiveImage('image', uploads)],
      handle: async ({ params }, ctx) => ({
        status: 'OK',
        image: (await cameras.push(params.camera, uploadOf(ctx).bytes)) ?? null,
      }),
    }),
  ];
}

function pauseRoutes(cameras: CameraSchedule): Route[] {
  return [
    route({
      method: 'post',
      path: '/cameras/{camera}/pause',
      tag,
      summary: 'Pause a camera: it takes no snapshots until resumed',
      access: 'operator',
      params: byId,
      responses: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => {
        cameras.pause(params.camera);
        return presentOne(cameras, params.camera);
      },
    }),
    route({
      method: 'post',
      path: '/cameras/{camera}/resume',
      tag,
      summary: 'Resume a camera: it takes snapshots on schedule again',
      access: 'operator',
      params: byId,
      responses: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => {
        cameras.resume(params.camera);
        return presentOne(cameras, params.camera);
      },
    }),
  ];
}

const presentOne = (cameras: CameraSchedule, id: string) => ({
  status: 'OK',
  camera: presentCamera(cameras.status(id)),
});

function presentCamera(status: CameraStatus): CameraResource {
  const { name, lastAttemptAt, lastSnapshotAt, nextRunAt, ...rest } = status;
  return {
    ...rest,
    name: name ?? null,
    lastAttemptAt: toIsoStringOrNull(lastAttemptAt),
    lastSnapshotAt: toIsoStringOrNull(lastSnapshotAt),
    nextRunAt: toIsoStringOrNull(nextRunAt),
  };
}
