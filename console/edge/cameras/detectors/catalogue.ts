import { useEffect } from 'preact/hooks';
import type { DetectorResource } from '../../../../core/contract/detection.js';
import { type Resource, useResource } from '../../../shared/use-resource.js';

export const DETECTORS = '/objectdetection/detectors';
const BUSY_SECONDS = 2;

export type Catalogue = Resource<{ detectors: DetectorResource[] }>;

export const isBeingAdded = ({ addition }: DetectorResource): boolean =>
  addition !== undefined && addition.state !== 'failed';

/** The detectors of the appliance; asked again while one is downloaded. */
export function useCatalogue(): Catalogue {
  const first: Catalogue = useResource(DETECTORS);
  const isBusy = first.data?.detectors.some(isBeingAdded) ?? false;
  const again: Catalogue = useResource(isBusy ? DETECTORS : undefined, {
    everySeconds: BUSY_SECONDS,
  });
  const newest = again.data ?? first.data;
  const isDone = isBusy && again.data !== undefined && !again.data.detectors.some(isBeingAdded);
  useEffect(() => {
    // What is there after a download is asked for once more, so that it stays.
    if (isDone) void first.reload();
  }, [isDone]);
  return { ...first, data: newest };
}

const RANK: Record<DetectorResource['status'], number> = { ready: 0, available: 1, refused: 2 };

/** The fewest detectors that find all the labels: those that are there first, and those that find most of them. */
export function detectorsFor(
  labels: readonly string[],
  catalogue: readonly DetectorResource[],
): DetectorResource[] {
  const missing = new Set(labels);
  const chosen: DetectorResource[] = [];
  while (missing.size > 0) {
    const countOf = ({ labels: found }: DetectorResource) =>
      found.filter((label) => missing.has(label)).length;
    const [best] = catalogue
      .filter((one) => one.status !== 'refused' && countOf(one) > 0)
      .sort(
        (a, b) =>
          RANK[a.status] - RANK[b.status] || countOf(b) - countOf(a) || sizeOf(a) - sizeOf(b),
      );
    if (best === undefined) return chosen;
    chosen.push(best);
    for (const label of best.labels) missing.delete(label);
  }
  return chosen;
}

/** A download that is smaller is preferred. */
const sizeOf = ({ bytes = 0 }: DetectorResource): number => bytes;

/** Labels that people usually want, and then all others. */
export function labelsOf(catalogue: readonly DetectorResource[]): {
  usual: string[];
  all: string[];
} {
  const usable = catalogue.filter(({ status }) => status !== 'refused');
  const usual = usable.flatMap(
    ({ usualLabels, labels }) => usualLabels ?? (labels.length <= 5 ? labels : []),
  );
  return {
    usual: [...new Set(usual)],
    all: [...new Set(usable.flatMap(({ labels }) => labels))].sort((a, b) => a.localeCompare(b)),
  };
}
