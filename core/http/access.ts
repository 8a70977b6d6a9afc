import { z } from 'zod';

export const roleSchema = z.enum(['viewer', 'operator', 'admin']);
export type Role = z.infer<typeof roleSchema>;

/** The role that a route requires of its caller; `anonymous` requires none. */
export type Access = Role | 'anonymous';

/** The caller of a route. */
export interface Principal {
  name: string;
  role: Role;
}

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

export const allows = (principal: Principal, needed: Role): boolean =>
  RANK[principal.role] >= RANK[needed];
