import type { Context } from 'koa';
import { ProblemError } from '../runtime/errors.js';

export interface BodyLimits {
  maxBytes: number;
  /** What is said of a body that is larger. */
  tooMany: string;
  /** Called with the bytes of each part that comes; what it throws ends the reading. */
  count?(bytes: number): void;
}

/** Reads a body into memory. Throws `too_many_bytes`, and `invalid_request` where it does not come whole. */
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
    for await (const chunk of arriving(ctx)) {
      bytes += chunk.length;
      check(bytes);
      count?.(chunk.length);
      chunks.push(chunk);
    }
  } catch (error) {
    // The rest is passed over, so that the answer reaches the client.
    ctx.req.resume();
    throw error;
  }
  return Buffer.concat(chunks, bytes);
}

/** What fails here is the client's connection. */
async function* arriving(ctx: Context): AsyncGenerator<Buffer> {
  try {
    yield* ctx.req.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new ProblemError('invalid_request', 'The body did not come whole.', { cause });
  }
}
