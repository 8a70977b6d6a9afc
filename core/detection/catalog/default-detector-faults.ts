import type { FieldError } from '../../contract/problem.js';
import { detectorFaults, type HowToAdd, type NamedDetector } from './named-detector.js';

/** What is wrong with the detectors in `detection.defaultDetectors`. */
export const defaultDetectorFaults = (
  { defaultDetectors }: { defaultDetectors: string[] },
  known: NamedDetector[],
  howToAdd?: HowToAdd,
): FieldError[] =>
  defaultDetectors.flatMap((id, i) =>
    detectorFaults([id], known, howToAdd).map(({ message }) => ({
      path: `detection.defaultDetectors.${i}`,
      message,
    })),
  );
