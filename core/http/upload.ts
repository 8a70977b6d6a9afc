import type { Readable, Writable } from 'node:stream';
import multer from '@koa/multer';
import type { Context, Middleware } from 'koa';
import { MulterError } from 'multer';
import { ProblemError } from '../runtime/errors.js';
import { plainFormOf } from './plain-form.js';
import { readBody } from './read-body.js';
import type { UploadBudget, UploadLimits } from './upload-budget.js';

/**
 * Limits of a form beside its file, far above what the API's forms have. Names are not parsed: `a[4294967294]` would
 * be read as an array of that length.
 */
export const FORM_LIMITS = {
  files: 1,
  fields: 40,
  parts: 42,
  fieldNameSize: 64,
  fieldSize: 4096,
  fieldNestingDepth: 0,
};
/** Bytes that a form may add to its file. */
export const FORM_OVERHEAD = 64 * 1024;

export interface Upload {
  bytes: Buffer;
  fields: Record<string, unknown>;
}

/**
 * Receives a multipart form (RFC 7578) with one file in the field `file`, in memory and within limits.
 * A file's declared name and type are ignored.
 */
export function receiveUpload(file: string, budget: UploadBudget): Middleware {
  const { limits } = budget;
  const tooMany = tooManyBytes(limits.maxBytes).message;
  const bodyLimits = { maxBytes: limits.maxBytes + FORM_OVERHEAD, tooMany };
  return async (ctx, next) => {
    if (!ctx.is('multipart/form-data'))
      throw new ProblemError(
        'unsupported_request_type',
        `Send the image as multipart/form-data, in the field "${file}".`,
      );
    const reservation = budget.reserve(ctx.ip);
    try {
      const body = await readBody(ctx, { ...bodyLimits, reservation });
      await readForm(ctx, body, file, limits);
      await next();
    } finally {
      reservation.release();
    }
  };
}

async function readForm(
  ctx: Context,
  body: Buffer,
  file: string,
  { maxBytes }: UploadLimits,
): Promise<void> {
  const plain = plainFormOf(body, ctx.get('Content-Type'), file, {
    ...FORM_LIMITS,
    fileSize: maxBytes,
  });
  if (plain) return setUpload(ctx, plain.file, plain.fields);
  const options: FormOptions = {
    storage: multer.memoryStorage(),
    limits: { ...FORM_LIMITS, fileSize: maxBytes },
    streamHandler: (_, form) => form.end(body),
  };
  try {
    await multer(options).single(file)(ctx, async () => {});
  } catch (error) {
    throw explainForm(error, file, tooManyBytes(maxBytes).message);
  }
  if (!ctx.file) throw new ProblemError('missing_image', `The form has no file "${file}".`);
  setUpload(ctx, ctx.file.buffer, (ctx.request as { body?: object }).body);
}

/** Stores what `uploadOf` returns. */
export function setUpload(ctx: Context, bytes: Buffer, body?: object): void {
  const upload: Upload = { bytes, fields: givenFields(body) };
  ctx.state.upload = upload;
}

/** The fields of a form without its empty ones: a browser sends every field. */
export function givenFields(body: object = {}): Record<string, unknown> {
  const fields = Object.entries(body).flatMap(([name, value]) => {
    const values = [value].flat().filter((text) => text !== '');
    return values.length === 0 ? [] : [[name, Array.isArray(value) ? values : value]];
  });
  return Object.fromEntries(fields);
}

/** What `receiveUpload` or `receiveImage` has read. */
export const uploadOf = (ctx: Context): Upload => ctx.state.upload;

/** An option of multer that its types lack. */
interface FormOptions extends multer.Options {
  streamHandler(request: Readable, form: Writable): void;
}

const tooManyBytes = (maxBytes: number) =>
  new ProblemError('too_many_bytes', `An image may have ${maxBytes} bytes.`);

/** A form that was not read, as a problem. `tooMany` is the detail for a file that is too large. */
export function explainForm(error: unknown, file: string, tooMany: string): unknown {
  if (error instanceof ProblemError) return error;
  if (!(error instanceof MulterError)) {
    // Errors of busboy: no boundary, an early end.
    const detail = error instanceof Error ? error.message : 'it could not be read';
    return new ProblemError('invalid_request', `The form is malformed: ${detail}.`, {
      cause: error,
    });
  }
  // Its types lack the newest codes.
  switch (error.code as string) {
    case 'LIMIT_FILE_SIZE':
      return new ProblemError('too_many_bytes', tooMany);
    case 'LIMIT_UNEXPECTED_FILE':
    case 'LIMIT_FILE_COUNT':
      return new ProblemError(
        'unexpected_file',
        `Expected exactly one file, in the field "${file}"${error.field ? `; got "${error.field}"` : ''}.`,
        { errors: [{ path: error.field ?? file, message: `expected one file named "${file}"` }] },
      );
    case 'LIMIT_FIELD_NESTING':
      return new ProblemError('invalid_parameter', 'In the form: a name of a field has a "[".', {
        errors: [{ path: error.field ?? '', message: 'is not a known parameter' }],
      });
    default:
      return new ProblemError('invalid_request', `The form is too large: ${error.message}.`);
  }
}
