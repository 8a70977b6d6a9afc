import type { Context, Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { readBody } from './read-body.js';
import { receiveUpload } from './upload.js';
import type { UploadBudget } from './upload-budget.js';

const RAW_TYPES = ['image/*', 'application/octet-stream'];

/**
 * Receives one image, as the body itself or in the field `file` of a multipart form, in memory and within limits.
 * `uploadOf` gives it either way.
 */
export function receiveImage(file: string, budget: UploadBudget): Middleware {
  const fromForm = receiveUpload(file, budget);

  return async (ctx, next) => {
    if (ctx.is('multipart/form-data')) return fromForm(ctx, next);
    if (!ctx.is(RAW_TYPES))
      throw new ProblemError(
        'unsupported_request_type',
        `Send the image as the body, e.g. as image/jpeg, or as multipart/form-data in the field "${file}".`,
      );
    const reservation = budget.reserve(ctx.ip);
    try {
      const { maxBytes } = budget.limits;
      const buffer = await readBody(ctx, {
        maxBytes,
        tooMany: `An image may have ${maxBytes} bytes.`,
        count: reservation.add,
      });
      if (buffer.length === 0) throw new ProblemError('missing_image', 'The body is empty.');
      ctx.file = { buffer } as Context['file'];
      await next();
    } finally {
      reservation.release();
    }
  };
}
