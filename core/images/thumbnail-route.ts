import { z } from 'zod';
import { imageIdSchema } from '../contract/names.js';
import { thumbnailQuerySchema } from '../contract/picture-routes.js';
import { type Route, route } from '../http/route.js';
import type { CameraOf } from '../http/scope.js';
import { sendFile } from '../http/send-file.js';
import { bufferFile } from '../store/buffer-file.js';
import { clientOf } from './client-origin.js';
import type { ImageApi } from './image-routes.js';
import { IMAGE_PATH } from './presenter.js';

const byId = z.object({ id: imageIdSchema.toLowerCase() });

export function thumbnailRoute({ images, thumbnails, access, beforeRead }: ImageApi): Route {
  const scope: CameraOf = async (ctx) => {
    const { data } = byId.safeParse(ctx.params);
    return data && (await images.find(data.id)).camera;
  };
  return route({
    method: 'get',
    path: `${IMAGE_PATH}/{id}/thumbnail`,
    tag: 'images',
    summary: 'A small copy of the image, without boxes',
    description: 'Upright, as JPEG. It is made at the first request and kept while there is space.',
    access: access.read,
    scope,
    params: byId,
    query: thumbnailQuerySchema,
    responses: {
      200: { mediaTypes: ['image/jpeg'], description: 'The copy' },
      206: { mediaTypes: ['image/jpeg'], description: 'The part asked for' },
      304: { empty: 'Not modified' },
    },
    problems: [
      'not_found',
      'range_not_satisfiable',
      'image_undecodable',
      'image_crashed_decoder',
      'detection_timeout',
      'detection_unavailable',
      'rate_limited',
      'queue_full',
      'files_unavailable',
    ],
    before: beforeRead,
    handle: async ({ params, query: { width } }, ctx) => {
      const { jpeg, image } = await thumbnails.get(params.id, width, clientOf(ctx));
      const lastModified = new Date(Number(image.created_at));
      const tag = `${image.sha256}-${width}`;
      sendFile(ctx, { file: bufferFile(jpeg), mediaType: 'image/jpeg', tag, lastModified });
      // Its bytes never change.
      ctx.set('Cache-Control', 'private, max-age=3600');
    },
  });
}
