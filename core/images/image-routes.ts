import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import {
  analysedImageSchema,
  damagedQuerySchema,
  imagePageSchema,
  imageQuerySchema,
  imageResultSchema,
  MEDIA_TYPES,
  okSchema,
  pendingImageSchema,
  type UploadFields,
  uploadFieldsSchema,
} from '../contract/image.js';
import { imageIdSchema } from '../contract/names.js';
import type { ProblemCode } from '../contract/problem.js';
import type { Access } from '../http/access.js';
import { requireKnown } from '../http/require-known.js';
import { parse, type Route, route } from '../http/route.js';
import type { CameraOf } from '../http/scope.js';
import { sendFile } from '../http/send-file.js';
import { receiveUpload, uploadOf } from '../http/upload.js';
import type { UploadBudget } from '../http/upload-budget.js';
import { ProblemError } from '../runtime/errors.js';
import { clientOf } from './client-origin.js';
import type { ImageStore } from './image-store.js';
import type { Images } from './images.js';
import { IMAGE_PATH } from './presenter.js';
import type { ProcessedImages } from './processed-images.js';
import type { Thumbnails } from './thumbnails.js';

/** Who may do what: the only difference between the appliance and the relay. */
export interface ImageAccess {
  upload: Access;
  read: Access;
  list: Access;
  remove: Access;
}

/** The cameras of the configuration, and the labels that its detectors find. */
export interface PresentNames {
  cameras: () => string[];
  labels: () => string[];
}

export interface ImageApi {
  images: Images;
  processed: ProcessedImages;
  thumbnails: Thumbnails;
  store: ImageStore;
  access: ImageAccess;
  uploads: UploadBudget;
  /** Names that may occur from now on; those of stored images are valid as well. */
  names: PresentNames;
  /** Run before an upload is received, e.g. a rate limit. */
  beforeUpload: Middleware[];
  beforeRead: Middleware[];
}

const byId = z.object({ id: imageIdSchema.toLowerCase() });
const tag = 'images';

/** The problems with which an upload can be refused, in both forms of the API. */
export const UPLOAD_PROBLEMS: ProblemCode[] = [
  'invalid_request',
  'unknown_detector',
  'missing_image',
  'unexpected_file',
  'too_many_bytes',
  'too_many_pixels',
  'unsupported_request_type',
  'unsupported_image_kind',
  'image_undecodable',
  'image_damaged',
  'image_too_costly',
  'image_crashed_decoder',
  'detection_timeout',
  'analysis_failed',
  'rate_limited',
  'queue_full',
  'files_unavailable',
  'uploads_full',
  'detection_unavailable',
  'disk_budget_spent',
];

export function imageRoutes(api: ImageApi): Route[] {
  return [...uploadRoutes(api), ...readRoutes(api), ...removeRoutes(api)];
}

function uploadRoutes({ images, access, uploads, beforeUpload }: ImageApi): Route[] {
  return [
    route({
      method: 'post',
      path: IMAGE_PATH,
      tag,
      summary: 'Upload an image and find objects in it',
      access: access.upload,
      query: damagedQuerySchema,
      form: { file: 'image', fields: uploadFieldsSchema },
      headers: { Prefer: '`respond-async` answers at once with 202 and status PENDING' },
      responses: { 200: analysedImageSchema, 202: pendingImageSchema },
      problems: UPLOAD_PROBLEMS,
      before: [...beforeUpload, receiveUpload('image', uploads)],
      handle: async ({ query }, ctx) => {
        const { bytes, fields } = uploadOf(ctx);
        const options = { ...query, ...optionsOf(fields) };
        if (!prefersAsync(ctx)) return images.upload(bytes, options, clientOf(ctx));
        const result = await images.uploadPending(bytes, options, clientOf(ctx));
        ctx.set('Preference-Applied', 'respond-async');
        ctx.status = result.status === 'PENDING' ? 202 : 200;
        ctx.set('Location', result.image.links.detections);
        return result;
      },
    }),
  ];
}

function readRoutes({ images, processed, store, access, names, beforeRead }: ImageApi): Route[] {
  return [
    route({
      method: 'get',
      path: IMAGE_PATH,
      tag,
      summary: 'List images, newest first',
      access: access.list,
      scope: 'query',
      query: imageQuerySchema,
      responses: { 200: imagePageSchema },
      problems: ['rate_limited'],
      before: beforeRead,
      handle: async ({ query }) => {
        const page = await images.list(query);
        // Only an empty page can be that of a name that does not exist.
        if (page.images.length === 0)
          await requireKnown([
            {
              path: 'camera',
              name: query.camera,
              known: async () => [...names.cameras(), ...(await images.cameras())],
            },
            {
              path: 'label',
              name: query.label,
              known: async () => [...names.labels(), ...(await images.labels())],
            },
          ]);
        return page;
      },
    }),
    route({
      method: 'get',
      path: `${IMAGE_PATH}/{id}`,
      tag,
      summary: 'The bytes as uploaded',
      access: access.read,
      scope: cameraOf(images),
      params: byId,
      headers: { Range: 'A part of the bytes, e.g. `bytes=0-1023`' },
      responses: {
        200: { mediaTypes: [...MEDIA_TYPES], description: 'The image' },
        206: { mediaTypes: [...MEDIA_TYPES], description: 'The part asked for' },
        304: { empty: 'Not modified' },
      },
      problems: ['not_found', 'range_not_satisfiable', 'rate_limited', 'files_unavailable'],
      before: beforeRead,
      handle: async ({ params }, ctx) => {
        const image = await images.find(params.id);
        const file = await store.original(image.sha256);
        if (!file) throw new ProblemError('not_found', `The bytes of image ${image.id} are gone.`);
        const lastModified = new Date(Number(image.created_at));
        sendFile(ctx, { file, mediaType: image.media_type, tag: image.sha256, lastModified });
      },
    }),
    route({
      method: 'get',
      path: `${IMAGE_PATH}/{id}/processed`,
      tag,
      summary: 'The image with boxes drawn; the original where nothing was found',
      access: access.read,
      scope: cameraOf(images),
      params: byId,
      responses: {
        200: { mediaTypes: [...MEDIA_TYPES], description: 'The image' },
        206: { mediaTypes: [...MEDIA_TYPES], description: 'The part asked for' },
        304: { empty: 'Not modified' },
      },
      problems: [
        'not_found',
        'range_not_satisfiable',
        'analysis_failed',
        'rate_limited',
        'queue_full',
        'files_unavailable',
      ],
      before: beforeRead,
      handle: async ({ params }, ctx) => {
        const { file, mediaType, tag, image } = await processed.get(params.id, clientOf(ctx));
        sendFile(ctx, { file, mediaType, tag, lastModified: new Date(Number(image.created_at)) });
      },
    }),
    route({
      method: 'get',
      path: `${IMAGE_PATH}/{id}/detections`,
      tag,
      summary: 'What was found',
      access: access.read,
      scope: cameraOf(images),
      params: byId,
      responses: { 200: imageResultSchema },
      problems: ['not_found', 'rate_limited', 'files_unavailable'],
      before: beforeRead,
      handle: ({ params }) => images.result(params.id),
    }),
  ];
}

function removeRoutes({ images, processed, access, beforeRead }: ImageApi): Route[] {
  return [
    route({
      method: 'delete',
      path: `${IMAGE_PATH}/{id}`,
      tag,
      summary: 'Remove the image, its processed form and its detections',
      access: access.remove,
      scope: cameraOf(images),
      audit: 'image_removed',
      params: byId,
      responses: { 200: okSchema },
      problems: ['not_found', 'rate_limited', 'files_unavailable'],
      before: beforeRead,
      handle: async ({ params }) => {
        await images.remove(params.id);
        return { status: 'OK' };
      },
    }),
    route({
      method: 'delete',
      path: `${IMAGE_PATH}/{id}/processed`,
      tag,
      summary: 'Remove the processed form; it is rendered again on request',
      access: access.remove,
      scope: cameraOf(images),
      params: byId,
      responses: { 200: okSchema },
      problems: ['not_found', 'rate_limited', 'files_unavailable'],
      before: beforeRead,
      handle: async ({ params }) => {
        await processed.remove(params.id);
        return { status: 'OK' };
      },
    }),
  ];
}

/** The camera that an image came from. */
const cameraOf =
  (images: Images): CameraOf =>
  async (ctx) => {
    const { data } = byId.safeParse(ctx.params);
    return data && (await images.find(data.id)).camera;
  };

/** Most forms have no fields, and none is required. */
const optionsOf = (fields: Record<string, unknown>): UploadFields =>
  Object.keys(fields).length === 0 ? {} : parse(uploadFieldsSchema, fields, 'form');

/** RFC 7240. */
const prefersAsync = (ctx: Context): boolean =>
  /(^|[,;\s])respond-async($|[,;\s])/i.test(ctx.get('Prefer'));
