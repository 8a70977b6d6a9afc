import { strongestFirst } from '../../core/contract/detection.js';
import type { Summary } from '../../core/contract/summary.js';
import { MAX_PAYLOAD_BYTES } from '../../core/contract/topics.js';

/** Bytes that a record may add to its summary: epoch, numbers, field names. */
export const ENVELOPE_BYTES = 512;

/** The summary as JSON that fits into one message, if necessary without its weakest detections. */
export const fittedPayload = (summary: Summary): string =>
  JSON.stringify(fittedSummary(summary, MAX_PAYLOAD_BYTES));

/** The summary, whose record has at most `maxBytes`, if necessary without its weakest detections. */
export function fittedSummary(summary: Summary, maxBytes: number): Summary {
  const budget = maxBytes - ENVELOPE_BYTES;
  const strongest = summary.detections.toSorted(strongestFirst);
  let fitted = summary;
  for (let kept = strongest.length; kept > 0 && bytesOf(fitted) > budget; ) {
    kept = Math.floor(kept / 2);
    const omitted = (summary.omitted ?? 0) + strongest.length - kept;
    fitted = { ...summary, detections: strongest.slice(0, kept), omitted };
  }
  return fitted;
}

const bytesOf = (summary: Summary): number => Buffer.byteLength(JSON.stringify(summary));
