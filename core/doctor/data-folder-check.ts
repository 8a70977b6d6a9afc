import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

/** Whether the data folder is the service's, and nobody else's. */
export const dataFolderCheck = (folder: string): Check => ({
  about: 'data folder',
  run() {
    const path = resolve(folder);
    if (!existsSync(path)) return ok(`${path} is not there yet; the first start makes it`);
    const owner = lstatSync(path);
    const found = [
      ...openToOthers(path, owner.mode),
      ...ofOthers(path, owner.uid),
      ...writable(path),
    ];
    return found.length > 0 ? found : ok(`${path}, only its owner's (${owner.uid}:${owner.gid})`);
  },
});

function openToOthers(path: string, mode: number): Verdict[] {
  if ((mode & 0o077) === 0) return [];
  const text = `${path} is open to other users (mode ${(mode & 0o777).toString(8)})`;
  return [warning(text, `chmod 700 ${path}`)];
}

/** What a command left there as another user, e.g. as root, stops the service with an error that tells little. */
function ofOthers(path: string, uid: number): Verdict[] {
  const others = readdirSync(path).filter((name) => lstatSync(join(path, name)).uid !== uid);
  if (others.length === 0) return [];
  const text = `${others.slice(0, 3).join(', ')} in ${path} belongs to another user than the folder`;
  return [failure(text, `chown -R --reference=${path} ${path}`)];
}

/** Root may do everything, which says nothing of the service. */
function writable(path: string): Verdict[] {
  if (process.getuid?.() === 0) return [];
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch {
    const text = `${path} cannot be written by this user`;
    return [
      failure(
        text,
        'Run this as the service’s user or as root, or give the folder to it (chown -R).',
      ),
    ];
  }
}
