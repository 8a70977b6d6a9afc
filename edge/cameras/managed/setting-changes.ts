import { isDeepStrictEqual } from 'node:util';
import type { SettingChange } from '../../../core/contract/camera-management.js';

export type JsonObject = Record<string, unknown>;

const MAX_CHANGES = 200;
const MAX_BYTES = 65_536;
const SECRET = { set: true };

interface Comparison {
  before: unknown;
  after: unknown;
  path: string;
}

/**
 * The settings that differ, with their paths: within maps, and within zones, which are compared by position. Secrets are
 * not shown. Ends after 200 changes or 64 KiB.
 */
export function settingChanges(
  before: JsonObject,
  after: JsonObject,
  isSecret: (path: string) => boolean,
): SettingChange[] {
  const all = compare({ before, after, path: '' }, isSecret).slice(0, MAX_CHANGES);
  let bytes = 0;
  return all.filter((change) => {
    bytes += Buffer.byteLength(JSON.stringify(change));
    return bytes <= MAX_BYTES;
  });
}

function compare(
  { before, after, path }: Comparison,
  isSecret: (path: string) => boolean,
): SettingChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isSecret(path)) return [{ path, before: mark(before), after: mark(after) }];
  const [old, next] = [childrenOf(before, path), childrenOf(after, path)];
  // What appears or goes as a whole is one change, unless it holds a secret.
  const isWhole = !old || !next;
  if (isWhole && !holdsSecret(path, isSecret))
    return [{ path, before: before ?? null, after: after ?? null }];
  const keys = new Set([...Object.keys(old ?? {}), ...Object.keys(next ?? {})]);
  return [...keys].flatMap((key) =>
    compare(
      { before: old?.[key], after: next?.[key], path: path ? `${path}.${key}` : key },
      isSecret,
    ),
  );
}

const mark = (secret: unknown) => (secret === undefined ? null : SECRET);

const holdsSecret = (path: string, isSecret: (path: string) => boolean): boolean =>
  isSecret(`${path}.password`);

function childrenOf(value: unknown, path: string): JsonObject | undefined {
  if (Array.isArray(value)) return path === 'zones' ? { ...value } : undefined;
  return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
}
