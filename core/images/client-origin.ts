import type { Context } from 'koa';
import type { JobOrigin } from '../detection/detection.js';
import type { Principal } from '../http/access.js';
import { addressGroup } from '../runtime/address-group.js';

/** For whom a request is worked on: the owner of its token or session; if none was asked for, its network. */
export function clientOf(ctx: Context): JobOrigin {
  const principal = ctx.state.principal as Principal | undefined;
  const isKnown = principal && principal.kind !== 'anyone';
  return {
    kind: 'client',
    id: isKnown ? `${principal.kind} ${principal.name}` : addressGroup(ctx.ip),
  };
}
