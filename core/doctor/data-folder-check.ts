import { accessSync, constants, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

/** Whether the data folder belongs to the service alone. */
export const dataFolderCheck = (folder: string): Check => ({
  about: 'data folder',
  run() {
    const path = resolve(folder);
    if (!existsSync(path)) return ok(`${path} does not exist yet; the first start creates it`);
    const owner = lstatSync(path);
    const found = [
      ...accessibleToOthers(path, owner.mode),
      ...ownedByOthers(path, owner.uid),
      ...notWritable(path),
    ];
    return found.length > 0
      ? found
      : ok(`${path}, accessible only to its owner (${owner.uid}:${owner.gid})`);
  },
});

function accessibleToOthers(path: string, mode: number): Verdict[] {
  if ((mode & 0o077) === 0) return [];
  const text = `${path} is accessible to other users (mode ${(mode & 0o777).toString(8)})`;
  return [warning(text, `sudo chmod 700 ${path}`)];
}

/** A file that a command created as another user, such as root, stops the service with an unclear error. */
function ownedByOthers(path: string, uid: number): Verdict[] {
  const others = readdirSync(path).filter((name) => lstatSync(join(path, name)).uid !== uid);
  if (others.length === 0) return [];
  const text = `${others.slice(0, 3).join(', ')} in ${path} and the folder have different owners`;
  return [failure(text, `sudo chown -R --reference=${path} ${path}`)];
}

/** Not checked as root, which may write everywhere: that proves nothing about the service. */
function notWritable(path: string): Verdict[] {
  if (process.getuid?.() === 0) return [];
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch {
    return [
      failure(
        `${path} is not writable for this user`,
        `Run this command as root or as the user of the service, or run: sudo chown -R "$USER" ${path}`,
      ),
    ];
  }
}
