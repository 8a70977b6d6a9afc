/** An authentication scheme that a server offers, with its parameters (RFC 9110, section 11.3). */
export interface Challenge {
  /** In lower case. */
  scheme: string;
  /** Names in lower case, values without their quotes. */
  parameters: Record<string, string | undefined>;
}

/** Each at the place where it is looked for, and so that none tries a character twice: a header is read once. */
const SPACE = /[\s,]*/y;
const TOKEN = /[!#$%&'*+.^_`|~\w-]+/y;
const EQUALS = /\s*=\s*/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const PLAIN = /[^\s,"]*/y;
const END_OF_SCHEME = /[\s,]|$/y;

/** Longer headers are ignored. */
const MAX_LENGTH = 8192;

/** The challenges in WWW-Authenticate headers; one header may contain several. Malformed parts are skipped. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.filter(({ length }) => length <= MAX_LENGTH).flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const text = pattern.exec(header)?.[0];
    at += text?.length ?? 0;
    return text;
  };
  for (;;) {
    take(SPACE);
    if (at >= header.length) return challenges;
    const name = take(TOKEN)?.toLowerCase();
    if (name === undefined) at += 1;
    else if (take(EQUALS) !== undefined) {
      const value = take(QUOTED) ?? take(PLAIN) ?? '';
      const current = challenges.at(-1);
      if (current) current.parameters[name] = unquote(value);
    } else {
      END_OF_SCHEME.lastIndex = at;
      if (END_OF_SCHEME.test(header))
        challenges.push({ scheme: name, parameters: Object.create(null) });
    }
  }
}

const unquote = (value: string) =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
