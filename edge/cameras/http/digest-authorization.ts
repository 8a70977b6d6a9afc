import { createHash, randomBytes } from 'node:crypto';
import type { Challenge } from './challenges.js';

/** The algorithms of RFC 7616 with Node's names for them, strongest first. */
const ALGORITHMS: [RegExp, string][] = [
  [/^SHA-256(-sess)?$/i, 'sha256'],
  [/^MD5(-sess)?$/i, 'md5'],
];

/** The index in `ALGORITHMS`; -1 if the challenge is not supported. */
const algorithmIndex = (challenge: Challenge): number =>
  challenge.scheme !== 'digest' || digestFault(challenge) !== undefined
    ? -1
    : ALGORITHMS.findIndex(([name]) => name.test(algorithmOf(challenge)));

/** Cameras send empty parameters for absent ones. */
const algorithmOf = ({ parameters }: Challenge): string => parameters.algorithm || 'MD5';
const hasQop = ({ parameters }: Challenge): boolean => /[^\s,]/.test(parameters.qop ?? '');

/** Why a digest challenge cannot be answered; undefined if it can be. Realms may be empty (RFC 7616, section 3.3). */
export function digestFault(challenge: Challenge): string | undefined {
  const { nonce, qop = '' } = challenge.parameters;
  if (nonce === undefined) return 'it has no nonce';
  const options = qop.split(',').map((option) => option.trim().toLowerCase());
  if (hasQop(challenge) && !options.includes('auth'))
    return `its qop is ${printable(qop)}, and only auth is supported`;
  const algorithm = algorithmOf(challenge);
  if (!ALGORITHMS.some(([name]) => name.test(algorithm)))
    return `its algorithm is ${printable(algorithm)}, and only MD5 and SHA-256 are supported`;
  return undefined;
}

const printable = (text: string): string => text.slice(0, 32).replace(/[^\w, -]/g, '?');

/** The strongest digest challenge that is supported. */
export function bestDigest(challenges: Challenge[]): Challenge | undefined {
  return challenges
    .filter((challenge) => algorithmIndex(challenge) >= 0)
    .sort((a, b) => algorithmIndex(a) - algorithmIndex(b))[0];
}

export interface DigestRequest {
  method: string;
  /** Path and query, as in the request line. */
  uri: string;
  username: string;
  password: string;
  /** Number of uses of the challenge's nonce, including this one (`nc`). */
  count: number;
  cnonce?: string;
}

/**
 * The Authorization header for a challenge that `bestDigest` returned (RFC 7616, section 3.4). A challenge without `qop`
 * is answered as in RFC 2069, which old cameras still use.
 */
export function digestAuthorization(challenge: Challenge, request: DigestRequest): string {
  const { parameters } = challenge;
  const { realm = '', nonce = '', opaque } = parameters;
  const algorithm = algorithmOf(challenge);
  const isWithQop = hasQop(challenge);
  const { method, uri, username, password, cnonce = randomBytes(16).toString('hex') } = request;
  const name = ALGORITHMS.find(([pattern]) => pattern.test(algorithm))?.[1] ?? 'md5';
  const hash = (...parts: string[]) =>
    createHash(name).update(parts.join(':'), 'latin1').digest('hex');
  const isSession = /-sess$/i.test(algorithm);
  const secret = hash(utf8(username), realm, utf8(password));
  const ha1 = isSession ? hash(secret, nonce, cnonce) : secret;
  const ha2 = hash(method, uri);
  const nc = request.count.toString(16).padStart(8, '0');
  const response = isWithQop ? hash(ha1, nonce, nc, cnonce, 'auth', ha2) : hash(ha1, nonce, ha2);
  const fields = [
    usernameField(username),
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    ...(!parameters.algorithm ? [] : [`algorithm=${algorithm}`]),
    `response=${quote(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(isWithQop ? ['qop=auth', `nc=${nc}`] : []),
    ...(isWithQop || isSession ? [`cnonce=${quote(cnonce)}`] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

/** Text of headers is bytes, one a character; names and passwords are UTF-8. */
const utf8 = (text: string) => Buffer.from(text).toString('latin1');

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Header values are ASCII; other names are encoded as in RFC 8187. */
const usernameField = (username: string) =>
  /^[\x20-\x7e]*$/.test(username)
    ? `username=${quote(username)}`
    : `username*=UTF-8''${encodeURIComponent(username).replace(/['()*]/g, percentEncode)}`;

const percentEncode = (character: string) =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
