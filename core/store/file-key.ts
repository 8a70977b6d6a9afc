const KEY = /^[a-z0-9][a-z0-9./-]*$/;

/** Throws for what is no key: it may come from a request, and must not lead out of the store. */
export function checkKey(key: string): string {
  if (!KEY.test(key) || key.includes('..')) throw new Error(`not a file key: ${key}`);
  return key;
}
