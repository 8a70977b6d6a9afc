import { userInfo } from 'node:os';
import type { AuditActor } from './audit.js';

/** The operator at the command line. A container may run as a user that has no name. */
export function commandActor(read: () => { username: string } = userInfo): AuditActor {
  return { name: nameOf(read), kind: 'command' };
}

function nameOf(read: () => { username: string }): string {
  try {
    return read().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}
