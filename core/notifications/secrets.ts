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
export function keptSecrets(
  given: GivenWay,
  before: NotificationWay | undefined,
  /** Secrets of `before` that are missing. */
  lacks: readonly string[],
): unknown {
  if (given.kind === 'webhook')
    return webhook(given, before?.kind === 'webhook' ? before : undefined, lacks);
  if (given.kind === 'email')
    return email(given, before?.kind === 'email' ? before : undefined, lacks);
  return given;
}

function webhook(
  given: Extract<GivenWay, { kind: 'webhook' }>,
  before: WebhookWay | undefined,
  lacks: readonly string[],
) {
  const hasNot = (name: string) => lacks.includes(name);
  const url = kept(given.url, hasNot('url') ? undefined : before?.url, 'url');
  const isSame = before !== undefined && originOf(url) === originOf(before.url);
  const former = (name: string) =>
    isSame && !hasNot(`header ${name}`)
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
        isSame && !hasNot('signingSecret') ? before.signingSecret : undefined,
        'signingSecret',
      ),
    }),
  };
}

function email(
  given: Extract<GivenWay, { kind: 'email' }>,
  before: EmailWay | undefined,
  lacks: readonly string[],
) {
  if (given.password === undefined) return given;
  const isSame =
    lacks.length === 0 &&
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
  if (before !== undefined && given.set) return before;
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

/** A way without its secrets; `lacks` names those that are missing. */
export function withoutSecrets(way: NotificationWay, lacks: readonly string[]) {
  const marker = (name: string, shown?: string): SecretMarker => ({
    set: !lacks.includes(name),
    ...(shown && { shown }),
  });
  if (way.kind === 'mqtt') return way;
  if (way.kind === 'email')
    return { ...way, password: way.password === undefined ? undefined : marker('password') };
  return {
    ...way,
    url: marker('url', originOf(way.url)),
    headers: way.headers.map(({ name }) => ({ name, value: marker(`header ${name}`) })),
    signingSecret: way.signingSecret === undefined ? undefined : marker('signingSecret'),
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
