import type { TrialAnswer, TrialSnapshot } from '../../../../core/contract/camera-management.js';
import type { Box, Detection } from '../../../../core/contract/detection.js';

/** Two boxes of the same label that overlap by this much are one detection. */
const SAME = 0.5;

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (a.width * a.height + b.width * b.height - both);
}

export interface Comparison {
  kept: Detection[];
  gone: Detection[];
  added: Detection[];
}

/** What a draft changes in a snapshot. A snapshot that was not analysed changes nothing. */
export function compare({ before, after }: TrialSnapshot): Comparison {
  if (after === null) return { kept: before, gone: [], added: [] };
  const left = [...before];
  const kept: Detection[] = [];
  const added: Detection[] = [];
  for (const one of after) {
    const same = left.findIndex(
      ({ label, box }) => label === one.label && overlap(box, one.box) >= SAME,
    );
    if (same < 0) added.push(one);
    else {
      left.splice(same, 1);
      kept.push(one);
    }
  }
  return { kept, gone: left, added };
}

export const isChanged = (snapshot: TrialSnapshot): boolean => {
  const { gone, added } = compare(snapshot);
  return gone.length + added.length > 0;
};

export type TrialSum = Pick<TrialAnswer, 'snapshots' | 'before' | 'after' | 'labels' | 'analysed'>;

/** Two parts of a trial as one: a trial of many snapshots is answered in parts. */
export function joined(first: TrialSum | undefined, second: TrialSum): TrialSum {
  if (first === undefined) return second;
  const labels = new Map(first.labels.map((one) => [one.label, one]));
  for (const { label, before, after } of second.labels) {
    const known = labels.get(label) ?? { before: 0, after: 0 };
    labels.set(label, { label, before: known.before + before, after: known.after + after });
  }
  return {
    snapshots: [...first.snapshots, ...second.snapshots],
    before: first.before + second.before,
    after: first.after + second.after,
    labels: [...labels.values()],
    analysed: first.analysed + second.analysed,
  };
}
