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
  image: imageIdSchema.nullable().meta({ description: 'null where there is nothing new' }),
});

const pushedSchema = z.object({
  status: z.literal('OK'),
  image: imageIdSchema.nullable().meta({ description: 'null outside its time windows' }),
});

/** What an upload can be, besides too large; of a camera that is asked it is the camera's failure. */
const NO_IMAGE: ProblemCode[] = ['too_many_pixels', 'unsupported_image_kind', 'image_undecodable'];

/** What the analysis of a snapshot can fail with. */
const ANALYSIS_PROBLEMS: ProblemCode[] = [
  'image_crashed_decoder',
  'detection_timeout',
  'queue_full',
  'detection_unavailable',
  'shutting_down',
  'disk_budget_spent',
];

export function cameraRoutes(cameras: CameraSchedule, uploads: UploadBudget): Route[] {
  const one = (id: string) => ({ status: 'OK', camera: presentCamera(cameras.status(id)) });
  return [
    route({
      method: 'get',
      path: '/cameras',
      tag,
      summary: 'The cameras and how they are',
      access: 'viewer',
      answers: { 200: listSchema },
      handle: () => ({ status: 'OK', cameras: cameras.statuses().map(presentCamera) }),
    }),
    route({
      method: 'get',
      path: '/cameras/{camera}',
      tag,
      summary: 'One camera',
      access: 'viewer',
      params: byId,
      answers: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => one(params.camera),
    }),
    route({
      method: 'post',
      path: '/cameras/{camera}/snapshot',
      tag,
      summary: 'Take a snapshot now and analyse it',
      access: 'operator',
      params: byId,
      answers: { 200: snapshotSchema },
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
      summary: 'Upload a snapshot of a camera of kind push',
      access: 'operator',
      params: byId,
      form: { file: 'image', fields: z.object({}), orRaw: true },
      answers: { 200: pushedSchema },
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
        ...NO_IMAGE,
        ...ANALYSIS_PROBLEMS,
      ],
      before: [receiveImage('image', uploads)],
      handle: async ({ params }, ctx) => ({
        status: 'OK',
        image: (await cameras.push(params.camera, uploadOf(ctx).bytes)) ?? null,
      }),
    }),
    route({
      method: 'post',
      path: '/cameras/{camera}/pause',
      tag,
      summary: 'Take no snapshots until resumed',
      access: 'operator',
      params: byId,
      answers: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => {
        cameras.pause(params.camera);
        return one(params.camera);
      },
    }),
    route({
      method: 'post',
      path: '/cameras/{camera}/resume',
      tag,
      summary: 'Take snapshots on schedule again',
      access: 'operator',
      params: byId,
      answers: { 200: oneSchema },
      problems: ['not_found'],
      handle: ({ params }) => {
        cameras.resume(params.camera);
        return one(params.camera);
      },
    }),
  ];
}

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
