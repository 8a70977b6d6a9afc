import type { NotificationMessage } from '../../contract/notification-delivery.js';
import type { WebhookWay } from '../../contract/notification-way.js';
import type { Clock } from '../../runtime/clock.js';
import { messageOf } from '../../runtime/errors.js';
import { redacted } from '../secrets.js';
import { type HttpAnswer, type HttpSendOptions, sendHttp } from './http-send.js';
import { type Failure, failure, type Outcome } from './outcome.js';
import type { Picture } from './picture.js';
import { webhookRequest } from './webhook-request.js';

const MAX_RETRY_AFTER_MS = 86_400_000;

/** Sends a message to a webhook. Never rejects. */
export async function sendWebhook(
  way: WebhookWay,
  message: NotificationMessage,
  picture: Picture | undefined,
  { wall, ...options }: HttpSendOptions & { wall: Clock },
): Promise<Outcome> {
  try {
    const answer = await sendHttp(webhookRequest(way, message, picture, wall()), options);
    return outcomeOf(way, answer, Boolean(picture), wall());
  } catch (error) {
    return unreachable(way, error);
  }
}

function outcomeOf(
  way: WebhookWay,
  { status, headers, text }: HttpAnswer,
  hadPicture: boolean,
  nowMs: number,
): Outcome {
  const said = redacted(text, way);
  const answer = `HTTP ${status}${said ? `: ${said}` : ''}`;
  if (status >= 200 && status < 300) return { ok: true, answer };
  if (status >= 300 && status < 400) return redirected(way, status, headers.location);
  const retryAfterMs = retryAfterOf(headers['retry-after'], nowMs);
  return failure(answer, {
    scope: scopeOf(status, hadPicture),
    ...adviceOn(status),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function scopeOf(status: number, hadPicture: boolean): Failure['scope'] {
  if (status === 413 || status === 415) return hadPicture ? 'picture' : 'message';
  return status === 400 || status === 422 ? 'message' : 'way';
}

const redirected = (way: WebhookWay, status: number, location = ''): Outcome =>
  failure(`HTTP ${status}: redirected to ${redacted(location, way) || 'nowhere'}`, {
    advice: 'Redirects are not followed. Enter the address that the receiver really has.',
  });

function adviceOn(status: number): { advice?: string } {
  if (status === 401 || status === 403)
    return { advice: 'The receiver refused access. Check the token in the address or headers.' };
  if (status === 404 || status === 410)
    return { advice: 'The receiver does not know the address. Check it, or make a new webhook.' };
  if (status === 413) return { advice: 'Send the picture as a link, or none.' };
  if (status === 400 || status === 422)
    return { advice: 'The receiver did not understand the message. Check preset and template.' };
  if (status === 429) return { advice: 'Lower "maxPerMinute", or collect more into one message.' };
  return status >= 500 ? { advice: 'The receiver has a fault. It is tried again.' } : {};
}

/** Seconds, or a date (RFC 9110, 10.2.3); at most a day. */
export function retryAfterOf(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

const CODES: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there. Check host and port.',
  ENOTFOUND: 'the name of the host is not known. Check it, and the name server of this machine.',
  EAI_AGAIN: 'the name server of this machine does not answer.',
  ETIMEDOUT: 'the host does not answer. Check the network, and a firewall in between.',
  EHOSTUNREACH: 'there is no way to the host. Check the network.',
  ENETUNREACH: 'there is no way to the network. Check the connection to the Internet.',
  ECONNRESET: 'the receiver closed the connection.',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed. Install its authority on this machine (NODE_EXTRA_CA_CERTS).',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its authority is not known here. Install it on this machine (NODE_EXTRA_CA_CERTS).',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its authority is not known here. Install it on this machine (NODE_EXTRA_CA_CERTS).',
  CERT_HAS_EXPIRED: 'its certificate has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name.',
};

function unreachable(way: WebhookWay, error: unknown): Outcome {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = redacted(messageOf(error), way);
  const known = CODES[code];
  return failure(text || code || 'the receiver did not answer', {
    ...(known && { advice: `${known[0]?.toUpperCase()}${known.slice(1)}` }),
  });
}
