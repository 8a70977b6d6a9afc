import type { PrincipalKind, Role } from '../contract/access.js';

/** The role that a route requires of its caller; `anonymous` requires none. */
export type Access = Role | 'anonymous';

/** The caller of a route. */
export interface Principal {
  name: string;
  role: Role;
  kind: PrincipalKind;
  /** What let the caller in, e.g. `session:HASH`: the responses that it has opened end with it. */
  credential?: string;
  /** Absent if the caller may use everything that the role allows. */
  cameras?: readonly string[];
}

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

export const allows = (principal: Pick<Principal, 'role'>, needed: Role): boolean =>
  RANK[principal.role] >= RANK[needed];
