import { existsSync } from 'node:fs';
import { isObject, jsonObject } from '../contract/json-object.js';
import { openReadOnly } from '../store/read-only.js';

/** Rules and ways as the configuration file has them. */
export interface WrittenDefinitions {
  rules: object[];
  ways: object[];
}

/** Those that the API manages, with their secrets, from an SQLite database that a service may be using; none if it has none. */
export function readDefinitions(file: string): WrittenDefinitions {
  if (!existsSync(file)) return { rules: [], ways: [] };
  const sqlite = openReadOnly(file);
  try {
    const read = (kind: string) =>
      (
        sqlite
          .prepare('select settings from notification_definition where kind = ? order by id')
          .pluck()
          .all(kind) as string[]
      )
        .map(jsonObject)
        .filter(isObject)
        .map(written);
    return { rules: read('rule'), ways: read('way') };
  } catch {
    // An earlier version wrote it, or it is damaged, which the check of the database says.
    return { rules: [], ways: [] };
  } finally {
    sqlite.close();
  }
}

/** Without what is empty. */
export const written = (definition: object): object =>
  Object.fromEntries(
    Object.entries(definition).filter(
      ([key, value]) =>
        key !== 'declaredIn' &&
        value !== undefined &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );
