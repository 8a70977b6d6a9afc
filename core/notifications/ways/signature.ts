import { createHmac } from 'node:crypto';

/**
 * Headers that show a receiver who sent a request, and when: HMAC-SHA256 over the time in seconds since the Unix epoch, a
 * point, and the bytes of the body. docs/notifications.md shows how to check it.
 */
export function signatureHeaders(
  secret: string,
  body: Uint8Array,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
  return { 'Siteglass-Timestamp': timestamp, 'Siteglass-Signature': `v1=${signature}` };
}
