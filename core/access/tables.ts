import type { Generated, Kysely, Selectable, Transaction } from 'kysely';
import type { AuditAction, AuditActorKind, Role } from '../contract/access.js';
import { isHash, isText } from '../store/salvage/plausible.js';
import type { SalvagePlan } from '../store/salvage/salvage-database.js';
import { tableSet } from '../store/table-set.js';
import type { AuditClass } from './audit-classes.js';

/** Who may use the program, and what they did. Times are milliseconds since the Unix epoch. */
export interface AccessTables {
  token: TokenRow;
  app_user: UserRow;
  user_session: SessionRow;
  audit_entry: AuditColumns;
}

export type AccessDb = Kysely<AccessTables>;
export type AccessTransaction = Transaction<AccessTables>;

export const accessTables = tableSet<AccessTables>({
  token: true,
  app_user: true,
  user_session: true,
  audit_entry: true,
});

/** What the rows look like, for a database that is damaged. */
export const plausibleAccess: NonNullable<SalvagePlan['plausible']> = {
  token: ({ hash, role }) => isHash(hash) && isText(role, /^(viewer|operator|admin)$/),
  app_user: ({ role, password_hash }) =>
    isText(role, /^(viewer|operator|admin)$/) && isText(password_hash, /^\$argon2id\$/),
  user_session: ({ hash }) => isHash(hash),
  audit_entry: ({ action }) => isText(action, /^[a-z_]{1,64}$/),
};

export interface TokenRow {
  hash: string;
  name: string;
  role: Role;
  created_at: number;
  /** The cameras that it is good for, as JSON; null for everything. */
  cameras: string | null;
  expires_at: number | null;
  /** To the minute. */
  last_used_at: number | null;
}

export interface UserRow {
  name: string;
  role: Role;
  /** argon2id, in its usual text form. */
  password_hash: string;
  created_at: number;
  /** When the password was set last. */
  password_at: number;
}

export interface SessionRow {
  /** Public; the secret is another. */
  id: string;
  /** SHA-256 of the secret. */
  hash: string;
  user_name: string;
  created_at: number;
  /** To the minute. */
  used_at: number;
  address: string;
  agent: string;
}

export interface AuditColumns {
  seq: Generated<number>;
  at: number;
  last_at: number;
  count: number;
  class: AuditClass;
  action: AuditAction;
  actor: string;
  actor_kind: AuditActorKind;
  address: string | null;
  subject: string | null;
  detail: string | null;
}

export type AuditRow = Selectable<AuditColumns>;
