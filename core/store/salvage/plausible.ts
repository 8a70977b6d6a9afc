import type { Value } from './record.js';

type Content = Value | undefined;

const HASH = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const isText = (value: Content, form: RegExp): boolean =>
  typeof value === 'string' && form.test(value);

/** A SHA-256 in hexadecimal. */
export const isHash = (value: Content): boolean => isText(value, HASH);

export const isUuid = (value: Content): boolean => isText(value, UUID);

export function isJson(value: Content): boolean {
  if (typeof value !== 'string') return false;
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
