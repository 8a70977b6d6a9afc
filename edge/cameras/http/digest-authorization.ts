import { createHash, randomBytes } from 'node:crypto';
import type { Challenge } from './challenges.js';

/** The algorithms of RFC 7616 with Node's names for them, strongest first. */
const ALGORITHMS: [RegExp, string][] = [
  [/^SHA-256(-sess)?$/i, 'sha256'],
  [/^MD5(-sess)?$/i, 'md5'],
];

/** The index in `ALGORITHMS`; -1 if the challenge is not supported. */
const algorithmIndex = ({ scheme, parameters }: Challenge): number => {
  if (scheme !== 'digest' || !parameters.nonce) return -1;
  if (parameters.qop && !offersAuth(parameters.qop)) return -1;
  return ALGORITHMS.findIndex(([name]) => name.test(parameters.algorithm || 'MD5'));
};

const offersAuth = (qop: string) =>
  qop.split(',').some((option) => option.trim().toLowerCase() === 'auth');

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
export function digestAuthorization({ parameters }: Challenge, request: DigestRequest): string {
  const { realm = '', nonce = '', opaque } = parameters;
  // Some cameras send names without a value.
  const algorithm = parameters.algorithm || 'MD5';
  const qop = parameters.qop || undefined;
  const { method, uri, username, password, cnonce = randomBytes(16).toString('hex') } = request;
  const name = ALGORITHMS.find(([pattern]) => pattern.test(algorithm))?.[1] ?? 'md5';
  // Headers hold the bytes that the camera sent as Latin-1, and these are hashed.
  const hash = (...parts: string[]) =>
    createHash(name).update(parts.join(':'), 'latin1').digest('hex');
  const isSession = /-sess$/i.test(algorithm);
  const secret = hash(utf8(username), realm, utf8(password));
  const ha1 = isSession ? hash(secret, nonce, cnonce) : secret;
  const ha2 = hash(method, uri);
  const nc = request.count.toString(16).padStart(8, '0');
  const response =
    qop === undefined ? hash(ha1, nonce, ha2) : hash(ha1, nonce, nc, cnonce, 'auth', ha2);
  const fields = [
    usernameField(username),
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    ...(parameters.algorithm ? [`algorithm=${algorithm}`] : []),
    `response=${quote(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(qop === undefined ? [] : ['qop=auth', `nc=${nc}`]),
    ...(qop === undefined && !isSession ? [] : [`cnonce=${quote(cnonce)}`]),
  ];
  return `Digest ${fields.join(', ')}`;
}

/** The bytes of a text in UTF-8, each as one character. */
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Header values are ASCII; other names are encoded as in RFC 8187. */
const usernameField = (username: string) =>
  /^[\x20-\x7e]*$/.test(username)
    ? `username=${quote(username)}`
    : `username*=UTF-8''${encodeURIComponent(username).replace(/['()*]/g, percentEncode)}`;

const percentEncode = (character: string) =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
