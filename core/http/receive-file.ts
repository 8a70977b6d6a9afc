import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import multer from '@koa/multer';
import type { Context } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { isStorageFailure } from '../store/storage-failure.js';
import { explainForm, FORM_LIMITS, FORM_OVERHEAD, givenFields } from './upload.js';

export interface FileReception {
  /** The field of the form. */
  field: string;
  /** Where the file is written. */
  folder: string;
  maxBytes: number;
  /** Of a text field of the form. */
  maxFieldBytes: number;
}

export interface ReceivedFile {
  path: string;
  fields: Record<string, unknown>;
  /** Removes the file if it is still there. */
  discard(): Promise<void>;
}

/**
 * Receives a multipart form (RFC 7578) with one large file, which goes to the disk and not to memory. Its declared name
 * and type are ignored.
 */
export async function receiveFile(ctx: Context, reception: FileReception): Promise<ReceivedFile> {
  const { field, folder, maxBytes, maxFieldBytes } = reception;
  const tooMany = `The file may have ${maxBytes} bytes.`;
  // Otherwise it could fill the disk before its size is known.
  if (ctx.request.length === undefined)
    throw new ProblemError('invalid_request', 'State the length of the form in Content-Length.');
  if (ctx.request.length > maxBytes + maxFieldBytes + FORM_OVERHEAD)
    throw new ProblemError('too_many_bytes', tooMany);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const name = `${randomUUID()}.upload`;
  const storage = multer.diskStorage({
    destination: folder,
    filename: (_request, _file, done) => done(null, name),
  });
  const limits = { ...FORM_LIMITS, fileSize: maxBytes, fieldSize: maxFieldBytes };
  try {
    await multer({ storage, limits }).single(field)(ctx, async () => {});
  } catch (error) {
    await rm(join(folder, name), { force: true });
    throw isStorageFailure(error) ? error : explainForm(error, field, tooMany);
  }
  if (!ctx.file) throw new ProblemError('missing_file', `The form has no file "${field}".`);
  const { path } = ctx.file;
  return {
    path,
    fields: givenFields((ctx.request as { body?: object }).body),
    discard: () => rm(path, { force: true }),
  };
}
