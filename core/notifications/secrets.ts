import type {
  EmailWay,
  GivenSecret,
  GivenWay,
  NotificationWay,
  SecretMarker,
  WebhookWay,
} from '../contract/notification-way.js';
import { ProblemError } from '../runtime/errors.js';

/**
 * Fills in the secrets that a request keeps. They are kept for the same receiver only: otherwise anyone who may change
 * an address could have a password sent there.
 */
export function keptSecrets(given: GivenWay, before: NotificationWay | undefined): unknown {
  if (given.kind === 'webhook')
    return webhook(given, before?.kind === 'webhook' ? before : undefined);
  if (given.kind === 'email') return email(given, before?.kind === 'email' ? before : undefined);
  return given;
}

function webhook(given: Extract<GivenWay, { kind: 'webhook' }>, before: WebhookWay | undefined) {
  const url = kept(given.url, before?.url, 'url');
  const isSame = before !== undefined && originOf(url) === originOf(before.url);
  const former = (name: string) =>
    isSame
      ? before.headers.find((one) => one.name.toLowerCase() === name.toLowerCase())
      : undefined;
  return {
    ...given,
    url,
    headers: given.headers.map(({ name, value }) => ({
      name,
      value: kept(value, former(name)?.value, `headers ${name}`),
    })),
    ...(given.signingSecret !== undefined && {
      signingSecret: kept(
        given.signingSecret,
        isSame ? before.signingSecret : undefined,
        'signingSecret',
      ),
    }),
  };
}

function email(given: Extract<GivenWay, { kind: 'email' }>, before: EmailWay | undefined) {
  if (given.password === undefined) return given;
  const isSame =
    before?.host === given.host &&
    before.port === given.port &&
    before.username === given.username &&
    (before.security === given.security || given.security !== 'none');
  return {
    ...given,
    password: kept(given.password, isSame ? before.password : undefined, 'password'),
  };
}

function kept(given: GivenSecret, before: string | undefined, field: string): string {
  if (typeof given === 'string') return given;
  if (before !== undefined) return before;
  throw new ProblemError(
    'invalid_parameter',
    `In the body: ${field}: enter it again. A secret is kept only if it was set and the receiver is the same.`,
    { errors: [{ path: field, message: 'expected the secret itself' }] },
  );
}

export const originOf = (url: string): string => {
  try {
    return new URL(url).origin;
  } catch {
    return '';
  }
};

const marker = (shown?: string): SecretMarker => ({ set: true, ...(shown && { shown }) });

/** A way without its secrets. */
export function withoutSecrets(way: NotificationWay) {
  if (way.kind === 'mqtt') return way;
  if (way.kind === 'email')
    return { ...way, password: way.password === undefined ? undefined : marker() };
  return {
    ...way,
    url: marker(originOf(way.url)),
    headers: way.headers.map(({ name }) => ({ name, value: marker() })),
    signingSecret: way.signingSecret === undefined ? undefined : marker(),
  };
}

/** Every text of a way that must not appear in a log or an answer. */
export function secretsOf(way: NotificationWay): string[] {
  if (way.kind === 'mqtt') return [];
  if (way.kind === 'email') return way.password === undefined ? [] : [way.password];
  const { url, headers, signingSecret } = way;
  const { pathname = '', search = '', username = '', password = '' } = urlParts(url);
  return [url, pathname, search, username, password, ...headers.map(({ value }) => value)]
    .concat(signingSecret ?? [])
    .flatMap((text) => [text, ...text.split(/[/?&=\s]/)])
    .filter((text) => text.length >= 8);
}

const urlParts = (url: string): Partial<URL> => (URL.canParse(url) ? new URL(url) : {});

/** Text from outside, in a short form without secrets. */
export function redacted(text: string, way: NotificationWay): string {
  const plain = secretsOf(way)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '•••'), text);
  return plain
    .replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
}
