import { statSync } from 'node:fs';

/**
 * Makes root act as the owner of a folder from now on: what a command writes there is the service's, and files that are
 * not trusted are not tried as root. Another user stays who it is.
 */
export function actAsOwnerOf(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (!owner || owner.uid === 0) return;
  process.setgroups?.([owner.gid]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
}
