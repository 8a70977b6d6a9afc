import type { Context } from 'koa';
import { ProblemError } from '../runtime/errors.js';

/** Reads a body of at most `maxBytes`. Throws what `tooMany` makes, or `invalid_request` where it does not come whole. */
export async function readBody(
  ctx: Context,
  maxBytes: number,
  tooMany: () => ProblemError,
): Promise<Buffer> {
  if ((ctx.request.length ?? 0) > maxBytes) throw tooMany();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of arriving(ctx)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooMany();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** What fails here is the client's connection. */
async function* arriving(ctx: Context): AsyncGenerator<Buffer> {
  try {
    yield* ctx.req as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new ProblemError('invalid_request', 'The body did not come whole.', { cause });
  }
}
