import { z } from 'zod';
import { nameSchema } from '../../core/contract/names.js';
import { latestQuerySchema, timelapseQuerySchema } from '../../core/contract/picture-routes.js';
import type { ProblemCode } from '../../core/contract/problem.js';
import { endAfter, endAfterShape } from '../../core/http/end-after.js';
import { type Route, route } from '../../core/http/route.js';
import { sendFile } from '../../core/http/send-file.js';
import { clientOf } from '../../core/images/client-origin.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { LatestPictures } from '../events/pictures/latest-pictures.js';
import { BOUNDARY, type MotionJpeg } from '../events/pictures/motion-jpeg.js';
import type { Timelapse } from '../events/pictures/timelapse.js';
import { dayBounds } from '../events/time-slots.js';

export interface LatestApi {
  latest: LatestPictures;
  motionJpeg: MotionJpeg;
  timelapse: Timelapse;
  clock: Clock;
}

const tag = 'cameras';
const byCamera = z.object({ camera: nameSchema });
const common = {
  method: 'get',
  tag,
  access: 'viewer',
  scope: 'path',
  params: byCamera,
} as const;

const PICTURE_PROBLEMS: ProblemCode[] = [
  'not_found',
  'range_not_satisfiable',
  'image_undecodable',
  'image_crashed_decoder',
  'detection_timeout',
  'detection_unavailable',
  'analysis_failed',
  'queue_full',
];

export const latestRoutes = (api: LatestApi): Route[] => [
  latestRoute(api),
  motionRoute(api.motionJpeg),
  timelapseRoute(api.timelapse),
];

const latestRoute = ({ latest, clock }: LatestApi) =>
  route({
    ...common,
    path: '/cameras/{camera}/latest.jpg',
    summary: 'The newest analysed picture of a camera',
    description:
      'As JPEG. `Siteglass-Picture-Age` is its age in seconds, as is `Age`; `Siteglass-Image` is its id, and `Last-Modified` when it was taken. Send `If-None-Match` to get 304 while there is no newer one.',
    query: latestQuerySchema,
    responses: {
      200: { mediaTypes: ['image/jpeg'], description: 'The picture' },
      206: { mediaTypes: ['image/jpeg'], description: 'The part asked for' },
      304: { empty: 'There is no newer picture' },
    },
    problems: PICTURE_PROBLEMS,
    handle: async ({ params, query }, ctx) => {
      const { image, file, tag } = await latest.get(params.camera, query, clientOf(ctx));
      const takenAt = Number(image.created_at);
      const age = String(Math.max(0, Math.floor((clock() - takenAt) / 1000)));
      ctx.set('Age', age);
      ctx.set('Siteglass-Picture-Age', age);
      ctx.set('Siteglass-Image', image.id);
      sendFile(ctx, { file, mediaType: 'image/jpeg', tag, lastModified: new Date(takenAt) });
    },
  });

const motionRoute = (motion: MotionJpeg) =>
  route({
    ...common,
    path: '/cameras/{camera}/live.mjpeg',
    summary: 'The pictures of a camera as they are analysed',
    description:
      'Motion JPEG for wall displays and programs that show a camera: the newest picture at once, then each new one. A slow reader skips pictures. After 15 s without a new one, the last one is sent again.',
    query: latestQuerySchema.extend(endAfterShape),
    responses: {
      200: { mediaTypes: ['multipart/x-mixed-replace'], description: 'A part for each picture' },
    },
    problems: ['not_found', 'streams_full', 'shutting_down'],
    handle: ({ params, query }, ctx) => {
      const stream = motion.open(params.camera, query, ctx.ip, clientOf(ctx));
      ctx.type = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;
      ctx.set('Cache-Control', 'no-store');
      ctx.set('X-Accel-Buffering', 'no');
      ctx.body = endAfter(stream, query.seconds);
    },
  });

const timelapseRoute = (timelapse: Timelapse) =>
  route({
    ...common,
    path: '/cameras/{camera}/timelapse.mp4',
    summary: 'A film of the pictures of one day',
    description:
      'As MP4 with 12 pictures a second, while it is made: at most 1,440 pictures at even distances, 960 pixels across. Two films are made at a time, one for each user, token or, without login, network. It needs ffmpeg on the machine of the appliance.',
    query: timelapseQuerySchema,
    responses: { 200: { mediaTypes: ['video/mp4'], description: 'The film' } },
    problems: ['not_found', 'ffmpeg_missing', 'exports_busy', 'rate_limited'],
    handle: async ({ params, query: { day, timeZone } }, ctx) => {
      const bounds = dayBounds(day, timeZone);
      ctx.body = await timelapse.open(params.camera, bounds, clientOf(ctx));
      ctx.type = 'video/mp4';
      ctx.set('Cache-Control', 'no-store');
      ctx.set('Content-Disposition', `inline; filename="${params.camera}-${day}.mp4"`);
    },
  });
