import { strongestFirst } from '../../core/contract/detection.js';
import { hasDetections, MAX_LABELS, type Summary } from '../../core/contract/summary.js';
import { MAX_PAYLOAD_BYTES } from '../../core/contract/topics.js';

/** Bytes that a record may add to its summary: epoch, numbers, field names. */
export const ENVELOPE_BYTES = 512;

/** The summary as JSON that fits into one message, if necessary without its weakest detections. */
export const fittedPayload = (summary: Summary): string =>
  JSON.stringify(fittedSummary(withFewLabels(summary), MAX_PAYLOAD_BYTES));

/** The summary with the labels that were found most certainly, as many as a relay takes. */
function withFewLabels(summary: Summary): Summary {
  const { detections, omitted = 0 } = summary;
  const labels = new Set(detections.toSorted(strongestFirst).map(({ label }) => label));
  if (labels.size <= MAX_LABELS) return summary;
  const kept = new Set([...labels].slice(0, MAX_LABELS));
  const fewer = detections.filter(({ label }) => kept.has(label));
  return {
    ...summary,
    detections: fewer,
    omitted: omitted + detections.length - fewer.length,
  };
}

/** The summary, whose record has at most `maxBytes`, if necessary without its weakest detections. */
export function fittedSummary(summary: Summary, maxBytes: number): Summary {
  if (!hasDetections(summary)) return summary;
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
