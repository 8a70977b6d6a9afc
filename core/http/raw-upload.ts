import type { Context, Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { devicePartsOf } from './device-form.js';
import { readBody } from './read-body.js';
import { FORM_OVERHEAD, setUpload } from './upload.js';
import type { UploadBudget } from './upload-budget.js';

const RAW_TYPES = ['image/*', 'application/octet-stream'];

/**
 * Receives one image from a device, in memory and within limits: as the body itself or in a multipart form, whatever
 * the names, types and headers say. `isImage` tells an image by its bytes. `uploadOf` returns it.
 */
export function receiveImage(
  budget: UploadBudget,
  isImage: (bytes: Buffer) => boolean,
): Middleware {
  const { maxBytes } = budget.limits;
  const tooMany = `An image may have ${maxBytes} bytes.`;
  return async (ctx, next) => {
    const reservation = budget.reserve(ctx.ip);
    try {
      const isForm = ctx.is('multipart/*') !== false;
      const body = await readBody(ctx, {
        maxBytes: isForm ? maxBytes + FORM_OVERHEAD : maxBytes,
        tooMany,
        reservation,
      });
      const buffer = imageIn(ctx, body, isImage);
      if (buffer.length > maxBytes) throw new ProblemError('too_many_bytes', tooMany);
      setUpload(ctx, buffer);
      await next();
    } finally {
      reservation.release();
    }
  };
}

/** The body, or the first part of a form that is an image. */
function imageIn(ctx: Context, body: Buffer, isImage: (bytes: Buffer) => boolean): Buffer {
  if (body.length === 0) throw new ProblemError('missing_image', 'The body is empty.');
  const parts = devicePartsOf(body, ctx.get('Content-Type'));
  const part = parts.find(({ content }) => content.length > 0 && isImage(content));
  if (part) return part.content;
  if (parts.length > 0 || ctx.is('multipart/*'))
    throw new ProblemError('missing_image', 'No part of the form is an image.');
  if (isImage(body) || ctx.is(RAW_TYPES)) return body;
  throw new ProblemError(
    'unsupported_request_type',
    'Send the image as the body, or as a part of multipart/form-data.',
  );
}
