import type { Context, Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import type { Principal } from './access.js';
import type { Authentication } from './authentication.js';

/**
 * How a route serves callers who are limited to some cameras: it answers with what belongs to these (`filtered`), or it
 * is about one camera, which its path names (`path`) or the function finds, or about those that its query names (`query`).
 * A route without a scope refuses such callers.
 */
export type Scope = 'filtered' | 'path' | 'query' | CameraOf;

/** The camera that a request is about; undefined or null if it is about none. */
export type CameraOf = (ctx: Context) => Promise<string | null | undefined>;

/** The cameras that the caller is limited to; undefined for all. */
export const scopeOf = (ctx: Context): readonly string[] | undefined =>
  (ctx.state.principal as Principal | undefined)?.cameras;

/** Refuses callers whose scope does not have the camera of the request. */
export const withinScope =
  (scope: Scope | undefined, { refused }: Authentication): Middleware =>
  async (ctx, next) => {
    const cameras = scopeOf(ctx);
    if (cameras && scope !== 'filtered') {
      const asked = await camerasOf(ctx, scope);
      if (asked.length === 0 || !asked.every((camera) => cameras.includes(camera))) {
        refused?.(ctx, 'role');
        const use = scope === 'query' ? ' Name one of them in "camera".' : '';
        throw new ProblemError(
          'forbidden',
          `The token is limited to the cameras ${cameras.join(', ')}.${use}`,
        );
      }
    }
    await next();
  };

async function camerasOf(ctx: Context, scope: Exclude<Scope, 'filtered'> | undefined) {
  const asked = await cameraOf(ctx, scope);
  return [asked ?? []].flat();
}

function cameraOf(ctx: Context, scope: Exclude<Scope, 'filtered'> | undefined) {
  if (scope === 'path') return ctx.params.camera as string | undefined;
  if (scope === 'query') return ctx.query.camera;
  return scope?.(ctx);
}
