import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEPT = 'kept\n';
const NOT_KEPT = 'not kept\n';

/** What a start of a version before TLS left in its data folder. */
const TRACES = ['edge.db', 'relay.db', 'steady-time.json', 'admin-token'];
/** What such a version never had: then somebody removed what the first start stored. */
const LATER = ['set-up.json', 'set-up-code', 'relay-account.json'];

/** Whether this data folder is of an installation from before TLS. Changes nothing. */
export function isEarlierInstallation(dataFolder: string): boolean {
  const file = fileIn(dataFolder);
  if (existsSync(file)) return readFileSync(file, 'utf8') === KEPT;
  const has = (name: string) => existsSync(join(dataFolder, name));
  return TRACES.some(has) && !LATER.some(has);
}

/**
 * The same, stored by the first start: such an installation keeps what would be refused today, until
 * its configuration says what is wanted. Call it before anything else is created.
 */
export function keepEarlierInstallation(dataFolder: string): boolean {
  const isEarlier = isEarlierInstallation(dataFolder);
  try {
    mkdirSync(tlsFolder(dataFolder), { recursive: true, mode: 0o700 });
    const file = fileIn(dataFolder);
    if (existsSync(file)) return isEarlier;
    // One that a power cut left empty would refuse what the network uses.
    writeFileSync(`${file}.new`, isEarlier ? KEPT : NOT_KEPT, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  } catch {
    // On a full disk the next start decides again; an installation from before is still recognised by its files.
  }
  return isEarlier;
}

/** Not in the folder `tls`, which may be removed for a new certificate. */
const fileIn = (dataFolder: string): string => join(dataFolder, 'plain-text');

/** Where the certificates and their keys are. */
export const tlsFolder = (dataFolder: string): string => join(dataFolder, 'tls');
