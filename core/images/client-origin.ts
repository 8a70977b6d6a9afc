import type { Context } from 'koa';
import type { JobOrigin } from '../detection/detection.js';
import type { Principal } from '../http/access.js';
import { networkOf } from '../http/guards.js';

/** Without authentication every caller has this name. */
const ANYONE = 'anyone';

/** For whom a request is worked on: the owner of its token; without one, or with none asked for, its network. */
export function clientOf(ctx: Context): JobOrigin {
  const principal = ctx.state.principal as Principal | undefined;
  const isKnown = principal && principal.name !== ANYONE;
  return { kind: 'client', id: isKnown ? `token ${principal.name}` : networkOf(ctx.ip) };
}
