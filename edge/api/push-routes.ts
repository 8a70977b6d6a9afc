import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import { imageIdSchema, nameSchema } from '../../core/contract/names.js';
import type { ProblemCode } from '../../core/contract/problem.js';
import type { Principal } from '../../core/http/access.js';
import { receiveImage } from '../../core/http/raw-upload.js';
import { type Route, type RouteSpec, route } from '../../core/http/route.js';
import { uploadOf } from '../../core/http/upload.js';
import type { UploadBudget } from '../../core/http/upload-budget.js';
import { isPicture } from '../../core/images/trim-picture.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { CameraSchedule } from '../cameras/schedule/camera-schedule.js';
import { ANALYSIS_PROBLEMS } from './analysis-problems.js';

const pushedSchema = z.object({
  status: z.literal('OK'),
  image: imageIdSchema.nullable().meta({ description: 'null outside its time windows' }),
});

const byId = z.object({ camera: nameSchema });
const byIdAndSecret = z.object({
  camera: nameSchema,
  secret: z.string().max(128).meta({ description: 'The `pushSecret` of the camera' }),
});

const PROBLEMS: ProblemCode[] = [
  'not_found',
  'camera_takes_no_uploads',
  'invalid_request',
  'missing_image',
  'too_many_bytes',
  'unsupported_request_type',
  'rate_limited',
  'uploads_full',
  'too_many_pixels',
  'unsupported_image_kind',
  'image_undecodable',
  'image_damaged',
  'image_too_costly',
  ...ANALYSIS_PROBLEMS,
];

const BODY =
  'The image is the body, or the first part of a form that is an image. It is recognised by its bytes: names and types do not matter.';
const LOGIN =
  'Takes a token, or the `pushSecret` of the camera: as bearer token, or as the password of basic authentication with any user name.';

/** Uploads by cameras of kind `push`, whose firmware chooses the method, the type and how it logs in. */
export function pushRoutes(cameras: CameraSchedule, uploads: UploadBudget): Route[] {
  const common: Omit<RouteSpec, 'method' | 'path' | 'summary' | 'access' | 'params'> = {
    tag: 'cameras',
    form: { file: 'image', fields: z.object({}), orRaw: true },
    responses: { 200: pushedSchema },
  };
  const before = receiveImage(uploads, isPicture);
  const analyse = async ({ params }: { params: { camera: string } }, ctx: Context) => {
    ctx.state.hasReachedCamera = true;
    const image = await cameras.push(params.camera, uploadOf(ctx).bytes);
    return { status: 'OK', image: image ?? null };
  };
  return (['post', 'put'] as const).flatMap((method) => [
    route({
      ...common,
      method,
      path: '/cameras/{camera}/snapshots',
      summary: 'Upload a snapshot of a camera of kind push',
      description: `${LOGIN} ${BODY}`,
      access: 'operator',
      scope: 'path',
      verifySecret: (ctx, secret) => deviceOf(cameras, ctx.params.camera, secret),
      around: recordRefusals(cameras),
      params: byId,
      problems: PROBLEMS,
      before: [before],
      handle: analyse,
    }),
    route({
      ...common,
      method,
      path: '/cameras/{camera}/snapshots/{secret}',
      summary: 'Upload a snapshot, with the secret of the camera in the path',
      description: BODY,
      access: 'anonymous',
      around: recordRefusals(cameras),
      params: byIdAndSecret,
      problems: PROBLEMS,
      before: [checkPathSecret(cameras), before],
      handle: analyse,
    }),
  ]);
}

const deviceOf = (cameras: CameraSchedule, id: string, secret: string): Principal | undefined =>
  cameras.isPushSecret(id, secret)
    ? { name: `camera ${id}`, role: 'operator', kind: 'camera' }
    : undefined;

/** Before anything is read of the body. A wrong secret is answered as an unknown camera is. */
const checkPathSecret =
  (cameras: CameraSchedule): Middleware =>
  async (ctx, next) => {
    if (!cameras.isPushSecret(ctx.params.camera, ctx.params.secret))
      throw new ProblemError('not_found', 'There is no camera with this id and secret.');
    await next();
  };

/** What is refused before the camera's own limits is counted for the camera. No log shows the secret in a path. */
const recordRefusals =
  (cameras: CameraSchedule): Middleware =>
  async (ctx, next) => {
    const { camera } = ctx.params;
    ctx.state.loggedPath = `/cameras/${camera}/snapshots`;
    try {
      await next();
    } catch (error) {
      if (error instanceof ProblemError && !ctx.state.hasReachedCamera)
        cameras.recordRefusedUpload(camera, error.message, hasCredentials(ctx));
      throw error;
    }
  };

const hasCredentials = (ctx: Context): boolean =>
  ctx.get('Authorization') !== '' || ctx.params.secret !== undefined;
