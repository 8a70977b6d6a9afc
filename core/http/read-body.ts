import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { BodyChunks } from './body-chunks.js';
import type { UploadReservation } from './upload-budget.js';

export interface BodyLimits {
  maxBytes: number;
  /** The detail of the problem for a larger body. */
  tooMany: string;
  /** Counts the bytes, and may end the reading. */
  reservation?: UploadReservation;
}

/** Reads a body into memory. Throws `too_many_bytes`, and `invalid_request` if it is incomplete. */
export async function readBody(
  ctx: Context,
  { maxBytes, tooMany, reservation }: BodyLimits,
): Promise<Buffer> {
  const check = (bytes: number) => {
    if (bytes > maxBytes) throw new ProblemError('too_many_bytes', tooMany);
  };
  check(ctx.request.length ?? 0);
  const chunks = new BodyChunks();
  try {
    await eachChunk(ctx.req, reservation, (chunk) => {
      check(chunks.bytes + chunk.length);
      reservation?.add(chunk.length);
      chunks.add(chunk);
    });
  } catch (error) {
    // Discards the rest, so that the client can read the response.
    ctx.req.resume();
    throw error;
  } finally {
    reservation?.received();
  }
  return chunks.concat();
}

/**
 * Resolves when `take` has had all chunks. An error here is an error of the client's connection. Listeners, since an
 * iterator over the body takes as much processor time as all the rest of a short request.
 */
function eachChunk(
  request: IncomingMessage,
  reservation: UploadReservation | undefined,
  take: (chunk: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: unknown) => {
      request.off('data', onData).off('end', end).off('error', onError).off('close', onError);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        end(error);
      }
    };
    const onError = (cause?: unknown) =>
      end(new ProblemError('invalid_request', 'The body is incomplete.', { cause }));
    reservation?.reading(end);
    if (request.destroyed) onError();
    else request.on('error', onError).on('close', onError).on('end', end).on('data', onData);
  });
}
