import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '../contract/access.js';

/** Shorter names occur in too many passwords by chance. */
const MIN_NAME_LENGTH = 3;
/** What is shorter is no part that somebody chose. */
const MIN_WORD_LENGTH = 4;
const SEQUENCES = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890123456789',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
];

/**
 * Why a password is not accepted; undefined if it is. `names` are words that it must not contain, such as those of the
 * user and the site. Length counts for more than kinds of characters, which are not asked for (NIST SP 800-63B).
 */
export async function passwordFault(
  password: string,
  names: readonly string[],
): Promise<string | undefined> {
  const length = [...password].length;
  if (length < MIN_PASSWORD_LENGTH)
    return `has ${length} characters; at least ${MIN_PASSWORD_LENGTH} are needed`;
  if (length > MAX_PASSWORD_LENGTH)
    return `has ${length} characters; at most ${MAX_PASSWORD_LENGTH} are accepted`;
  const text = password.normalize('NFKC').toLowerCase();
  const name = names.find((n) => n.length >= MIN_NAME_LENGTH && text.includes(n.toLowerCase()));
  if (name !== undefined) return `contains "${name}", the name of the user or the site`;
  const unit = repeatedUnit(text);
  if (unit.length < MIN_WORD_LENGTH || isSequence(text))
    return 'repeats a few characters or follows a sequence; choose another one';
  return (await isCommon([text, unit, withoutEnds(text)]))
    ? 'is on the list of common passwords; choose another one'
    : undefined;
}

/** The shortest text that, repeated, gives `text`; the last repetition may be cut. */
function repeatedUnit(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length);
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit;
  }
  return text;
}

function isSequence(text: string): boolean {
  const reversed = [...text].reverse().join('');
  return SEQUENCES.some((sequence) => sequence.includes(text) || sequence.includes(reversed));
}

/** Without the digits and signs around a word; all of it if they are more than the word. */
function withoutEnds(text: string): string {
  const word = text.replace(/^[^\p{L}]+/u, '');
  let end = word.length;
  while (end > 0 && !/\p{L}/u.test(word[end - 1] ?? '')) end--;
  return end * 2 >= text.length ? word.slice(0, end) : text;
}

/** The list is read when it is needed and not kept: 0.5 MB. */
async function isCommon(candidates: string[]): Promise<boolean> {
  const resolve = createRequire(import.meta.url).resolve('@zxcvbn-ts/language-common/package.json');
  const list = await readFile(join(dirname(resolve), 'src', 'passwords.json'), 'utf8');
  return candidates.some((candidate) => list.includes(JSON.stringify(candidate)));
}
