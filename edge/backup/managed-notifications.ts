import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jsonObject } from '../../core/contract/json-object.js';
import { withWaySecrets } from '../../core/notifications/way-secrets.js';
import { openReadOnly } from '../../core/store/read-only.js';
import { isStoredSecret, SecretFiles } from '../../core/store/secret-files.js';
import { WAY_SECRETS } from '../store/way-secrets.js';

/** Rules and ways of notifications that the API manages, as the configuration has them, with the files of their secrets. */
export interface ManagedNotifications {
  rules: object[];
  ways: object[];
}

/** Read beside the running appliance; none if the database cannot be read or is of a version before. */
export function readManagedNotifications(dataFolder: string): ManagedNotifications {
  const file = join(dataFolder, 'edge.db');
  const all = existsSync(file) ? rowsIn(file) : [];
  const ofKind = (kind: string) =>
    all.filter((row) => row.kind === kind).flatMap(({ settings }) => jsonObject(settings) ?? []);
  const secrets = new SecretFiles(join(dataFolder, WAY_SECRETS));
  const sourceOf = (secret: unknown) =>
    isStoredSecret(secret) ? secrets.sourceOf(secret) : secret;
  const ways = ofKind('way').map((way) => withWaySecrets(way, sourceOf));
  return { rules: ofKind('rule'), ways };
}

function rowsIn(file: string): { kind: string; settings: string }[] {
  try {
    const sqlite = openReadOnly(file);
    try {
      return sqlite
        .prepare('select kind, settings from notification_definition order by id')
        .all() as { kind: string; settings: string }[];
    } finally {
      sqlite.close();
    }
  } catch {
    return [];
  }
}
