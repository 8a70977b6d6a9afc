import { messageOf } from '../runtime/errors.js';

/** Reason codes of DISCONNECT (MQTT 5, section 3.14.2.1). */
const SESSION_TAKEN_OVER = 0x8e;
const PACKET_TOO_LARGE = 0x95;
/** Codes of a socket whose connection the other side, or something on the way, reset. */
const RESET_CODES = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

export type EndKind =
  /** Closed or reset without a reason: by the broker, or on the way to it. */
  | 'cut'
  /** The broker said that a second client uses the same id (MQTT 5). */
  | 'taken_over'
  /** The broker said that a packet was too large (MQTT 5). */
  | 'too_large'
  /** Nothing came from the broker for too long. */
  | 'silent'
  /** The text of the reason says it. */
  | 'other';

/** How and why a connection ended. */
export interface ConnectionReason {
  kind: EndKind;
  text: string;
}

/** `error` is the first error of the client; `code` the reason code of the broker's DISCONNECT (MQTT 5). */
export function reasonOf(error: Error | undefined, code: number | undefined): ConnectionReason {
  if (code === SESSION_TAKEN_OVER)
    return { kind: 'taken_over', text: 'another client with the same client id connected' };
  if (code === PACKET_TOO_LARGE)
    return { kind: 'too_large', text: 'the broker ended the connection: a packet was too large' };
  if (code !== undefined && code > 0)
    return { kind: 'other', text: `the broker ended the connection with reason code ${code}` };
  if (!error)
    return { kind: 'cut', text: 'the connection was closed by the broker or on the way to it' };
  const text = messageOf(error);
  const socketCode = (error as NodeJS.ErrnoException).code ?? '';
  if (RESET_CODES.includes(socketCode))
    return {
      kind: 'cut',
      text: `the connection was reset by the broker or on the way to it (${text})`,
    };
  if (/keepalive timeout/i.test(text))
    return { kind: 'silent', text: 'the broker has stopped answering: the connection is dead' };
  if (/connack timeout/i.test(text))
    return { kind: 'silent', text: 'the broker did not answer in time' };
  return { kind: 'other', text };
}
