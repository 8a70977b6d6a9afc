import type { Context } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { readBody } from './read-body.js';

const MAX_BYTES = 64 * 1024;

/** Reads a small JSON body, of at most 64 KiB unless `maxBytes` says otherwise. Throws `invalid_request`, `unsupported_request_type` or `too_many_bytes`. */
export async function readJson(ctx: Context, maxBytes = MAX_BYTES): Promise<unknown> {
  if (!ctx.is('application/json'))
    throw new ProblemError('unsupported_request_type', 'Send the body as application/json.');
  const tooMany = `The body may have at most ${maxBytes} bytes.`;
  const body = await readBody(ctx, { maxBytes, tooMany });
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new ProblemError('invalid_request', 'The body is not valid JSON.', { cause });
  }
}
