import type { CameraKind, CameraSettings } from '../../../../core/contract/camera-settings.js';
import { GROUPS, isStandard, KIND_KEYS, STANDARD_SCHEDULE } from './fields.js';

/** Settings while they are edited: some may be missing or invalid until they are complete. */
export type Draft = { id: string; kind: CameraKind } & Record<string, unknown>;

/** The draft of settings as the program returns them: what only repeats a default is left out. */
export function draftOf(settings: CameraSettings): Draft {
  let draft: Draft = { ...settings };
  const drop = (path: string) => {
    draft = withValue(draft, path, undefined);
  };
  // A camera that has one of these has all of them, in place of the site's.
  for (const spec of Object.values(GROUPS).flat())
    if (
      !/^(sightings|motion)\./.test(spec.path) &&
      isStandard(spec, draft.kind, valueAt(draft, spec.path))
    )
      drop(spec.path);
  if (draft.schedule === STANDARD_SCHEDULE) drop('schedule');
  for (const key of ['windows', 'zones', 'parameters']) {
    const value = draft[key];
    if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) drop(key);
  }
  return draft;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An empty object under this key has a meaning of its own. */
const KEPT_EMPTY = 'motion';

export function valueAt(settings: Record<string, unknown>, path: string): unknown {
  let value: unknown = settings;
  for (const key of path.split('.')) value = isObject(value) ? value[key] : undefined;
  return value;
}

/** A copy with another value at the path; undefined removes the setting, and what held nothing else. */
export function withValue<T extends Record<string, unknown>>(
  settings: T,
  path: string,
  value: unknown,
): T {
  const [key = '', ...rest] = path.split('.');
  const inner = settings[key];
  const own =
    rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest.join('.'), value);
  const isEmpty = isObject(own) && Object.keys(own).length === 0 && key !== KEPT_EMPTY;
  const { [key]: _, ...others } = settings;
  if (own === undefined || (isEmpty && rest.length > 0)) return others as T;
  return { ...settings, [key]: own };
}

/** The same camera with another kind: what the new kind does not know is left out. */
export function withKind(draft: Draft, kind: CameraKind): Draft {
  const known: readonly string[] = KIND_KEYS[kind];
  const specific = new Set(Object.values(KIND_KEYS).flat());
  const kept = Object.entries(draft).filter(([key]) => !specific.has(key) || known.includes(key));
  return { ...Object.fromEntries(kept), id: draft.id, kind };
}

export const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** The order of keys means nothing. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    isObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
