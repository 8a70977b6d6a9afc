import { isUtf8 } from 'node:buffer';

/** A value of SQLite's record format. */
export type Value = string | number | bigint | Buffer | null;

/** The number at a place, and the place behind it. */
export type Varint = [value: number, end: number];

/** Reads a variable-length integer; undefined if it runs beyond `end`. Values above 2⁵³ lose their last digits. */
export function readVarint(bytes: Buffer, at: number, end = bytes.length): Varint | undefined {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    if (at + i >= end) return undefined;
    const byte = bytes[at + i] ?? 0;
    if (i === 8) return [value * 256 + byte, at + 9];
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + i + 1];
  }
  return undefined;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];

/**
 * The values of a record (https://www.sqlite.org/fileformat2.html, section 2.1); undefined if it is not one: sizes that
 * do not add up, an unknown type, or text that is not UTF-8.
 */
export function readRecord(payload: Buffer): Value[] | undefined {
  const head = readVarint(payload, 0);
  if (!head) return undefined;
  const [headBytes] = head;
  if (headBytes > payload.length) return undefined;
  const values: Value[] = [];
  let at = headBytes;
  for (let typeAt = head[1]; typeAt < headBytes; ) {
    const type = readVarint(payload, typeAt, headBytes);
    if (!type) return undefined;
    const [code, next] = type;
    const bytes = bytesOf(code);
    if (bytes === undefined || at + bytes > payload.length) return undefined;
    const value = decode(code, payload.subarray(at, at + bytes));
    if (value === undefined) return undefined;
    values.push(value);
    at += bytes;
    typeAt = next;
  }
  return at === payload.length ? values : undefined;
}

function bytesOf(code: number): number | undefined {
  if (code >= 12) return Math.floor((code - 12) / 2);
  if (code === 7) return 8;
  if (code === 8 || code === 9) return 0;
  return INTEGER_BYTES[code];
}

function decode(code: number, bytes: Buffer): Value | undefined {
  if (code === 0) return null;
  if (code === 8) return 0;
  if (code === 9) return 1;
  if (code === 7) return bytes.readDoubleBE(0);
  if (code === 6) return narrow(bytes.readBigInt64BE(0));
  if (code < 6) return bytes.readIntBE(0, bytes.length);
  if (code % 2 === 0) return bytes;
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

const narrow = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;
