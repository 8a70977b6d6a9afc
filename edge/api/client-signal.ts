import type { Context } from 'koa';

/** Aborts when the client leaves before its response has ended. */
export function clientSignal(ctx: Context): AbortSignal {
  const left = new AbortController();
  ctx.res.once('close', () => {
    if (!ctx.res.writableFinished) left.abort(new Error('the client has left'));
  });
  return left.signal;
}
