import { z } from 'zod';

export const roleSchema = z.enum(['viewer', 'operator', 'admin']);
export type Role = z.infer<typeof roleSchema>;

/** What a route asks of its caller: a role, or nothing. */
export type Access = Role | 'anonymous';

/** Who is calling. */
export interface Principal {
  name: string;
  role: Role;
}

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

export const allows = (principal: Principal, needed: Role): boolean =>
  RANK[principal.role] >= RANK[needed];
