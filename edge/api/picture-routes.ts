import { z } from 'zod';
import { MEDIA_TYPES } from '../../core/contract/image.js';
import { imageIdSchema } from '../../core/contract/names.js';
import { type Route, route } from '../../core/http/route.js';
import { sendFile } from '../../core/http/send-file.js';
import { clientOf } from '../../core/images/client-origin.js';
import type { ProcessedImages } from '../../core/images/processed-images.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { PictureLinks } from '../publishing/picture-links.js';

export function pictureRoutes(processed: ProcessedImages, links: PictureLinks): Route[] {
  return [
    route({
      method: 'get',
      path: '/pictures/{image}/{code}',
      tag: 'pictures',
      summary: 'Get one image with boxes, for anyone with the link',
      access: 'anonymous',
      params: z.object({ image: imageIdSchema, code: z.string().max(64) }),
      responses: {
        200: { mediaTypes: [...MEDIA_TYPES], description: 'The image' },
        206: { mediaTypes: [...MEDIA_TYPES], description: 'The requested range' },
        304: { empty: 'Not modified' },
      },
      problems: ['not_found', 'range_not_satisfiable', 'analysis_failed', 'queue_full'],
      handle: async ({ params }, ctx) => {
        if (!links.isCodeOf(params.image, params.code))
          throw new ProblemError('not_found', 'The link is not valid.');
        const { file, mediaType, tag, image } = await processed.get(params.image, clientOf(ctx));
        sendFile(ctx, { file, mediaType, tag, lastModified: new Date(Number(image.created_at)) });
      },
    }),
  ];
}
