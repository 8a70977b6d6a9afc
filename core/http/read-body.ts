import type { Context } from 'koa';
import { ProblemError } from '../runtime/errors.js';

export interface BodyLimits {
  maxBytes: number;
  /** The detail of the problem for a larger body. */
  tooMany: string;
  /** Called with the size of each chunk; an error that it throws ends the reading. */
  count?(bytes: number): void;
}

/** Reads a body into memory. Throws `too_many_bytes`, and `invalid_request` if it is incomplete. */
export async function readBody(
  ctx: Context,
  { maxBytes, tooMany, count }: BodyLimits,
): Promise<Buffer> {
  const check = (bytes: number) => {
    if (bytes > maxBytes) throw new ProblemError('too_many_bytes', tooMany);
  };
  check(ctx.request.length ?? 0);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of chunksOf(ctx)) {
      bytes += chunk.length;
      check(bytes);
      count?.(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    // Discards the rest, so that the client can read the response.
    ctx.req.resume();
    throw error;
  }
  return Buffer.concat(chunks, bytes);
}

/** An error here is an error of the client's connection. */
async function* chunksOf(ctx: Context): AsyncGenerator<Buffer> {
  try {
    yield* ctx.req.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new ProblemError('invalid_request', 'The body is incomplete.', { cause });
  }
}
