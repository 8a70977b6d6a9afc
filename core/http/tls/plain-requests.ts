import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { addressGroup } from '../../runtime/address-group.js';
import { LogThrottle } from '../../runtime/log-throttle.js';
import type { Logger } from '../../runtime/logger.js';
import { isThisMachine } from '../../runtime/tls/local-peer.js';
import type { AcmeChallenges } from './acme-challenges.js';

/** Supervisors ask over plain HTTP; the answers hold no secrets, and need no token. */
const PROBES = new Set(['/healthz', '/readyz']);
/** A name or address with a port; nothing that ends the header or the authority of a URL. */
const HOST = /^([\w.-]{1,253}|\[[\da-f:.]{2,45}\])(:\d{1,5})?$/i;

export interface PlainTextRules {
  /** Whether plain text from this address is served. */
  isAllowed(address: string): boolean;
  challenges: AcmeChallenges;
  log: Logger;
}

const LOG_EVERY_MS = 3_600_000;
/** A browser follows the redirect; a device that sends something often does not. */
const READS = new Set(['GET', 'HEAD']);

/**
 * Answers requests that came without TLS from another machine with a redirect to HTTPS, unless plain text is allowed;
 * and those of a certificate authority (RFC 8555, section 8.3). All others go to `next`.
 */
export function guardPlainRequests(
  next: RequestListener,
  { isAllowed, challenges, log }: PlainTextRules,
): RequestListener {
  const throttle = new LogThrottle(LOG_EVERY_MS);
  // Without the path, in which a device may send a secret.
  const report = ({ method = '', socket: { remoteAddress } }: IncomingMessage) => {
    if (!READS.has(method) && throttle.isDue(addressGroup(remoteAddress)))
      log.warn(
        { client: remoteAddress, method },
        'plain HTTP redirected: give the client https://, or set http.plainText to "allowed"',
      );
  };
  return (request, response) => {
    const { url = '/', socket } = request;
    const isPlain = (socket as Partial<TLSSocket>).encrypted !== true;
    const answer = isPlain ? challenges.answerTo(url) : undefined;
    if (answer) {
      response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(answer.body);
      return;
    }
    const isFree =
      !isPlain || isAllowed(socket.remoteAddress ?? '') || isThisMachine(socket) || PROBES.has(url);
    if (isFree) return next(request, response);
    report(request);
    redirect(request, response);
  };
}

/** The body is not read: the connection ends with the answer. */
function redirect({ url = '/', headers }: IncomingMessage, response: ServerResponse): void {
  const { host = '' } = headers;
  const isNamed = HOST.test(host) && url.startsWith('/');
  response
    .writeHead(isNamed ? 308 : 400, {
      ...(isNamed && { location: `https://${host}${url}` }),
      'content-type': 'text/plain; charset=utf-8',
      connection: 'close',
    })
    .end(
      'This server speaks HTTPS. Plain HTTP has to be allowed in its configuration: http.plainText\n',
    );
}
