import type { Context, Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { readBody } from './read-body.js';
import { receiveUpload, type UploadLimits } from './upload.js';

const RAW_TYPES = ['image/*', 'application/octet-stream'];

/**
 * Receives one image, as the body itself or in the field `file` of a multipart form, in memory and within limits.
 * `uploadOf` gives it either way.
 */
export function receiveImage(file: string, limits: UploadLimits): Middleware {
  const fromForm = receiveUpload(file, limits);
  let underWay = 0;

  return async (ctx, next) => {
    if (ctx.is('multipart/form-data')) return fromForm(ctx, next);
    if (!ctx.is(RAW_TYPES))
      throw new ProblemError(
        'unsupported_request_type',
        `Send the image as the body, e.g. as image/jpeg, or as multipart/form-data in the field "${file}".`,
      );
    const reserved = Math.min(ctx.request.length ?? limits.maxBytes, limits.maxBytes);
    if (underWay + reserved > limits.maxBytesUnderWay && underWay > 0)
      throw new ProblemError('uploads_full', 'Too many uploads are under way.', { retryAfter: 1 });
    underWay += reserved;
    try {
      ctx.file = { buffer: await rawBody(ctx, limits) } as Context['file'];
      await next();
    } finally {
      underWay -= reserved;
    }
  };
}

async function rawBody(ctx: Context, { maxBytes }: UploadLimits): Promise<Buffer> {
  const tooMany = () => new ProblemError('too_many_bytes', `An image may have ${maxBytes} bytes.`);
  const body = await readBody(ctx, maxBytes, tooMany);
  if (body.length === 0) throw new ProblemError('missing_image', 'The body is empty.');
  return body;
}
