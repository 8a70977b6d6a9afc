import { crc32 } from './crc32.js';

/**
 * A checksum in the text of a JSON object, as its last field: `…,"check":"1c291ca3"}`. It is the CRC-32 of the site id,
 * a line feed, and the text without that field. So it covers what the topic and the message say, including fields that
 * the receiver does not know. TCP's own checksum misses about one damaged packet in 65,536, and a proxy renews it.
 */
export type ChecksumState = 'valid' | 'absent' | 'damaged';

const HEAD = ',"check":"';
const TAIL = '"}';
const LENGTH = HEAD.length + 8 + TAIL.length;
/** Characters of the field's own text that may differ: a text that resembles it this closely had a checksum. */
const DIFFERENCES = 4;

const checksumOf = (site: string, text: string) => crc32(`${site}\n${text}`);

/** Adds the checksum to the text of an object that is not empty. */
export const withChecksum = (site: string, text: string): string =>
  `${text.slice(0, -1)}${HEAD}${checksumOf(site, text)}${TAIL}`;

export function checksumState(site: string, text: string): ChecksumState {
  const field = text.slice(-LENGTH);
  if (!resemblesField(field)) return 'absent';
  const expected = checksumOf(site, `${text.slice(0, -LENGTH)}}`);
  return field === `${HEAD}${expected}${TAIL}` ? 'valid' : 'damaged';
}

/** Whether it is the field, perhaps with damage: a record must not pass as one of a sender that adds no checksum. */
function resemblesField(field: string): boolean {
  if (field.length < LENGTH) return false;
  const fixed = field.slice(0, HEAD.length) + field.slice(-TAIL.length);
  const wanted = HEAD + TAIL;
  let differences = 0;
  for (let i = 0; i < wanted.length; i++) if (fixed[i] !== wanted[i]) differences++;
  return differences <= DIFFERENCES;
}
