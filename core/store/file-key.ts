const KEY = /^[a-z0-9][a-z0-9./-]*$/;

/** Throws for an invalid key: it may be part of a request, and must not lead outside the store. */
export function checkKey(key: string): string {
  if (!KEY.test(key) || key.includes('..')) throw new Error(`not a file key: ${key}`);
  return key;
}
