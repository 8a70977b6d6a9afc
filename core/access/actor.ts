import type { Context } from 'koa';
import type { Principal } from '../http/access.js';
import type { AuditActor } from './audit.js';

/** The caller of a request, for the audit log. */
export function actorOf(ctx: Context): AuditActor {
  const principal = ctx.state.principal as Principal | undefined;
  const { name = 'anyone', kind = 'anyone' } = principal ?? {};
  return { name, kind, address: ctx.ip };
}
