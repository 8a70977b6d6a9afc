import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';

const ADDON = 'core/runtime/identity/native/build/Release/identity.node';

/**
 * Makes root act as the owner of a folder from now on: what a command writes there is the service's, and files that are
 * not trusted are not tried as root. Another user stays who it is.
 */
export function actAsOwnerOf(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (!owner || owner.uid === 0) return;
  const { uid, gid } = owner;
  try {
    process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    if (!isRefusedForNothing(error)) throw error;
    become(uid, gid);
  }
}

/**
 * Node 20 refuses these calls with every libuv from 1.45 on, since io_uring would keep the rights of root; Debian 13's is
 * 1.50. From 1.49 on, libuv does not use io_uring unless it is asked to.
 */
function isRefusedForNothing(error: unknown): boolean {
  if ((error as { code?: string }).code !== 'ERR_INVALID_STATE') return false;
  const [major = 0, minor = 0] = process.versions.uv.split('.').map(Number);
  return (major > 1 || minor >= 49) && !Number(process.env.UV_USE_IO_URING ?? 0);
}

function become(uid: number, gid: number): void {
  const addon: { become(uid: number, gid: number): void } = createRequire(import.meta.url)(
    join(projectRoot(), ADDON),
  );
  addon.become(uid, gid);
}
