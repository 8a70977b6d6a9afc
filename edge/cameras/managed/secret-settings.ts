import type { JsonObject } from './setting-changes.js';

/** Where settings of a camera have secrets. */
export const SECRET_PATHS = ['auth.password', 'pushSecret'] as const;
export type SecretPath = (typeof SECRET_PATHS)[number];

export const isSecretPath = (path: string): path is SecretPath =>
  (SECRET_PATHS as readonly string[]).includes(path);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function secretAt(settings: object, path: SecretPath): unknown {
  const { auth, pushSecret } = settings as JsonObject;
  if (path === 'pushSecret') return pushSecret;
  return isObject(auth) ? auth.password : undefined;
}

/** A copy with each secret that is set replaced. */
export function withSecrets<S extends object>(
  settings: S,
  replace: (secret: unknown, path: SecretPath) => unknown,
): JsonObject {
  const copy = { ...settings } as JsonObject;
  const { auth, pushSecret } = copy;
  if (pushSecret !== undefined) copy.pushSecret = replace(pushSecret, 'pushSecret');
  if (isObject(auth) && auth.password !== undefined)
    copy.auth = { ...auth, password: replace(auth.password, 'auth.password') };
  return copy;
}

/** Settings that keep the secrets that they have. */
export const asMarked = (settings: object): JsonObject =>
  withSecrets(settings, () => ({ set: true }));
