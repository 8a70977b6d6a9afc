import { createHash, randomUUID } from 'node:crypto';

export const USER = 'viewer';
export const PASSWORD = 'secret';

/** The status and the challenge of a refusal; undefined if the request is allowed. */
export type Login = (head: string) => { status: number; challenge?: string } | undefined;

const md5 = (...parts: string[]) =>
  createHash('md5').update(parts.join(':'), 'latin1').digest('hex');

/** The parameters of a digest answer; undefined without one. */
function digestIn(head: string): Record<string, string> | undefined {
  const [, fields] = /^authorization: *digest (.*)$/im.exec(head) ?? [];
  if (fields === undefined) return undefined;
  const pairs = [...fields.matchAll(/([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)];
  return Object.fromEntries(pairs.map(([, name, quoted, plain]) => [name, quoted ?? plain]));
}

/** Whether a request has the right answer to this nonce and realm, with or without qop. */
function isRight(head: string, realm: string, nonce: string): boolean {
  const sent = digestIn(head);
  const [, method = '', uri = ''] = /^(\w+) (\S+)/.exec(head) ?? [];
  if (sent?.nonce !== nonce || sent.uri !== uri) return false;
  const secret = md5(USER, realm, PASSWORD);
  const request = md5(method, uri);
  const { qop, nc = '', cnonce = '' } = sent;
  const expected = qop ? md5(secret, nonce, nc, cnonce, qop, request) : md5(secret, nonce, request);
  return sent.response === expected;
}

/** A camera with one challenge, whose nonce stays good. */
const withChallenge =
  (realm: string, challenge: (nonce: string) => string): (() => Login) =>
  () => {
    const nonce = randomUUID();
    return (head) =>
      isRight(head, realm, nonce) ? undefined : { status: 401, challenge: challenge(nonce) };
  };

/** A camera whose nonce is good for two requests. It refuses the third with `status`, and gives no new one unasked. */
const forgetful =
  (status: number): (() => Login) =>
  () => {
    let [nonce, uses] = [randomUUID(), 0];
    return (head) => {
      if (!digestIn(head)) {
        [nonce, uses] = [randomUUID(), 0];
        return { status: 401, challenge: `Digest realm="cam", nonce="${nonce}", qop="auth"` };
      }
      return isRight(head, 'cam', nonce) && ++uses <= 2 ? undefined : { status };
    };
  };

/** Logins by what is odd about them; each lets the right user in. */
export const loginFaults: Record<string, () => Login> = {
  'an empty realm': withChallenge('', (nonce) => `Digest realm="", nonce="${nonce}", qop="auth"`),
  'no realm': withChallenge('', (nonce) => `Digest nonce="${nonce}", qop="auth"`),
  'an empty qop': withChallenge('cam', (nonce) => `Digest realm="cam", nonce="${nonce}", qop=""`),
  'an upper-case qop': withChallenge(
    'cam',
    (nonce) => `Digest realm="cam", nonce="${nonce}", qop="AUTH"`,
  ),
  'no qop': withChallenge('cam', (nonce) => `Digest realm="cam", nonce="${nonce}"`),
  'an empty algorithm': withChallenge(
    'cam',
    (nonce) => `Digest realm="cam", nonce="${nonce}", algorithm="", qop="auth"`,
  ),
  'a used-up nonce refused with 400': forgetful(400),
  'a used-up nonce refused with 401 and no challenge': forgetful(401),
  'a used-up nonce refused with 403': forgetful(403),
  'a used-up nonce refused with 404': forgetful(404),
  'a used-up nonce refused with 500': forgetful(500),
};
