import { systemClock } from '../runtime/clock.js';
import { silentLogger } from '../runtime/logger.js';
import { Audit, type AuditActor } from './audit.js';
import { commandActor } from './command-actor.js';
import { PasswordHasher } from './password-hash.js';
import { Sessions } from './sessions.js';
import type { AccessDb } from './tables.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';

/** Tokens, users and the audit log for a command beside the service. */
export interface CommandAccess {
  tokens: Tokens;
  users: Users;
  sessions: Sessions;
  audit: Audit;
  /** The operator at the command line. */
  actor: AuditActor;
  hasCameras: boolean;
}

export interface CommandAccessOptions {
  db: AccessDb;
  firstTokenFile: string;
  names: readonly string[];
  hasCameras: boolean;
}

/** The service notices within a second what a command changes. */
export function commandAccess(options: CommandAccessOptions): CommandAccess {
  const { db, firstTokenFile, names, hasCameras } = options;
  const clock = systemClock;
  const log = silentLogger();
  return {
    tokens: new Tokens({ db, firstTokenFile, log, clock }),
    users: new Users({ db, hasher: new PasswordHasher(), clock, names }),
    sessions: new Sessions({
      db,
      limits: { idleMs: Number.POSITIVE_INFINITY, absoluteMs: Number.POSITIVE_INFINITY },
      log,
      clock,
    }),
    audit: new Audit({ db, log, clock }),
    actor: commandActor(),
    hasCameras,
  };
}
