import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jsonObject } from '../../core/contract/json-object.js';
import { openReadOnly } from '../../core/store/read-only.js';

/** Rules and ways of notifications that the API manages, as the configuration has them. */
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
  return { rules: ofKind('rule'), ways: ofKind('way') };
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
