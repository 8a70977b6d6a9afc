import { createHash, randomBytes } from 'node:crypto';
import type { Challenge } from './challenges.js';

/** RFC 7616's algorithms by the names of Node's, the strongest first. */
const ALGORITHMS: [RegExp, string][] = [
  [/^SHA-256(-sess)?$/i, 'sha256'],
  [/^MD5(-sess)?$/i, 'md5'],
];

/** A place in `ALGORITHMS`, or -1 where the challenge is none that can be answered. */
const strength = ({ scheme, parameters }: Challenge): number => {
  if (scheme !== 'digest' || !parameters.realm || !parameters.nonce) return -1;
  if (parameters.qop !== undefined && !offersAuth(parameters.qop)) return -1;
  return ALGORITHMS.findIndex(([name]) => name.test(parameters.algorithm ?? 'MD5'));
};

const offersAuth = (qop: string) => qop.split(',').some((option) => option.trim() === 'auth');

/** The digest challenge that is answered: the strongest of those that can be. */
export function bestDigest(challenges: Challenge[]): Challenge | undefined {
  return challenges
    .filter((challenge) => strength(challenge) >= 0)
    .sort((a, b) => strength(a) - strength(b))[0];
}

export interface DigestRequest {
  method: string;
  /** Path and query, as in the request line. */
  uri: string;
  username: string;
  password: string;
  /** How often the challenge's nonce has been used, this time included. */
  count: number;
  cnonce?: string;
}

/**
 * The Authorization header that answers a challenge of `bestDigest` (RFC 7616, section 3.4); without `qop` as
 * RFC 2069 had it, which old cameras still ask for.
 */
export function digestAuthorization({ parameters }: Challenge, request: DigestRequest): string {
  const { realm = '', nonce = '', opaque, algorithm = 'MD5', qop } = parameters;
  const { method, uri, username, password, cnonce = randomBytes(16).toString('hex') } = request;
  const name = ALGORITHMS.find(([pattern]) => pattern.test(algorithm))?.[1] ?? 'md5';
  const hash = (...parts: string[]) => createHash(name).update(parts.join(':')).digest('hex');
  const isSession = /-sess$/i.test(algorithm);
  const secret = hash(username, realm, password);
  const ha1 = isSession ? hash(secret, nonce, cnonce) : secret;
  const ha2 = hash(method, uri);
  const nc = request.count.toString(16).padStart(8, '0');
  const response =
    qop === undefined ? hash(ha1, nonce, ha2) : hash(ha1, nonce, nc, cnonce, 'auth', ha2);
  const fields = [
    nameField(username),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    ...(parameters.algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    `response=${quoted(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === undefined ? [] : ['qop=auth', `nc=${nc}`]),
    ...(qop === undefined && !isSession ? [] : [`cnonce=${quoted(cnonce)}`]),
  ];
  return `Digest ${fields.join(', ')}`;
}

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** A header holds ASCII; other names go as RFC 8187 has it. */
const nameField = (username: string) =>
  /^[\x20-\x7e]*$/.test(username)
    ? `username=${quoted(username)}`
    : `username*=UTF-8''${encodeURIComponent(username).replace(/['()*]/g, percent)}`;

const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
