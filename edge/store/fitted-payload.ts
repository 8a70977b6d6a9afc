import type { Summary } from '../../core/contract/summary.js';
import { MAX_PAYLOAD_BYTES } from '../../core/contract/topics.js';

/** Bytes that a record adds to its summary: epoch, numbers, field names. */
const ENVELOPE_BYTES = 256;

/** The summary as JSON that fits into one message, if necessary without its weakest detections. */
export function fittedPayload(summary: Summary): string {
  const budget = MAX_PAYLOAD_BYTES - ENVELOPE_BYTES;
  const strongest = [...summary.detections].sort((a, b) => b.neighbors - a.neighbors);
  let payload = JSON.stringify(summary);
  for (let kept = strongest.length; kept > 0 && Buffer.byteLength(payload) > budget; ) {
    kept = Math.floor(kept / 2);
    const omitted = (summary.omitted ?? 0) + strongest.length - kept;
    payload = JSON.stringify({ ...summary, detections: strongest.slice(0, kept), omitted });
  }
  return payload;
}
