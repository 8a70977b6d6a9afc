import type { Context } from 'koa';
import { ProblemError } from '../runtime/errors.js';

const MAX_BYTES = 64 * 1024;

/** Reads a small JSON body. Throws `invalid_request`, `unsupported_request_type` or `too_many_bytes`. */
export async function readJson(ctx: Context): Promise<unknown> {
  if (!ctx.is('application/json'))
    throw new ProblemError('unsupported_request_type', 'Send the body as application/json.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES)
      throw new ProblemError('too_many_bytes', `A body may have ${MAX_BYTES} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new ProblemError('invalid_request', 'The body is not JSON.', { cause });
  }
}
