import { z } from 'zod';
import { checksumState, withChecksum } from './checksum.js';
import { type Payload, type Topic, type TopicName, topics } from './topics.js';

/** `names` are those of the message's topic; a checksum covers the site. */
export function encodePayload<N extends TopicName>(
  name: N,
  payload: Payload<N>,
  { site }: { site?: string } = {},
): string | Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  const { form, checked } = topics[name] as Topic;
  if (form === 'text') return String(payload);
  const text = JSON.stringify(payload);
  return checked && site !== undefined ? withChecksum(site, text) : text;
}

export type Decoded<N extends TopicName> =
  | { ok: true; payload: Payload<N> }
  /** `isDamaged`: it is not what was sent; sent again, it may be valid. */
  | { ok: false; reason: string; isDamaged: boolean };

export function decodePayload<N extends TopicName>(
  name: N,
  bytes: string | Uint8Array,
  { site }: { site?: string } = {},
): Decoded<N> {
  const { form, payload, checked = false } = topics[name] as Topic;
  let value: unknown = bytes;
  if (form === 'json') {
    if (checked && site !== undefined && checksumState(site, String(bytes)) === 'damaged')
      return { ok: false, reason: 'its checksum does not match', isDamaged: true };
    try {
      value = JSON.parse(String(bytes));
    } catch {
      return { ok: false, reason: 'not JSON', isDamaged: checked };
    }
  }
  const parsed = payload.safeParse(value);
  return parsed.success
    ? { ok: true, payload: parsed.data as Payload<N> }
    : { ok: false, reason: z.prettifyError(parsed.error), isDamaged: false };
}
