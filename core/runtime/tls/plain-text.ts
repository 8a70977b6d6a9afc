import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEPT = 'kept\n';
const NOT_KEPT = 'not kept\n';

/**
 * Whether this data folder is of an installation from before TLS, whose servers go on without it beyond loopback until the
 * configuration says what is wanted. Decided at the first start and stored in the folder `tls`; call it before anything
 * else is created. `traces` are files that every earlier version left in the data folder.
 */
export function isPlainTextKept(dataFolder: string, traces: string[]): boolean {
  const file = join(tlsFolder(dataFolder), 'plain-text');
  if (existsSync(file)) return readFileSync(file, 'utf8') === KEPT;
  const isEarlier = traces.some((name) => existsSync(join(dataFolder, name)));
  try {
    mkdirSync(tlsFolder(dataFolder), { recursive: true, mode: 0o700 });
    writeFileSync(file, isEarlier ? KEPT : NOT_KEPT, { mode: 0o600 });
  } catch {
    // On a full disk the next start decides again; an installation from before is still recognised by its files.
  }
  return isEarlier;
}

/** Where the certificates and their keys are. */
export const tlsFolder = (dataFolder: string): string => join(dataFolder, 'tls');
