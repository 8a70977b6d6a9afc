/** An authentication scheme that a server offers, with its parameters (RFC 9110, section 11.3). */
export interface Challenge {
  /** In lower case. */
  scheme: string;
  /** Names in lower case, values without their quotes. */
  parameters: Record<string, string | undefined>;
}

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const PARAMETER = new RegExp(`^(${TOKEN})\\s*=\\s*("(?:[^"\\\\]|\\\\.)*"|[^\\s,"]*)`);
const SCHEME = new RegExp(`^(${TOKEN})(?=\\s|,|$)`);

/** Longer headers are ignored. */
const MAX_LENGTH = 8192;

/** The challenges in WWW-Authenticate headers; one header may contain several. Malformed parts are skipped. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.filter(({ length }) => length <= MAX_LENGTH).flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header;
  for (;;) {
    rest = rest.replace(/^[\s,]+/, '');
    if (rest === '') return challenges;
    const parameter = PARAMETER.exec(rest);
    const [matched, name = '', value = ''] = parameter ?? SCHEME.exec(rest) ?? [rest[0] ?? ''];
    const current = challenges.at(-1);
    if (parameter && current) current.parameters[name.toLowerCase()] = unquote(value);
    else if (!parameter && name !== '')
      challenges.push({ scheme: name.toLowerCase(), parameters: Object.create(null) });
    rest = rest.slice(matched.length);
  }
}

const unquote = (value: string) =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
