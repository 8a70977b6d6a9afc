import type { FieldError } from '../../contract/problem.js';
import { unknownName } from '../../runtime/unknown-name.js';
import { detectorFaults, type HowToAdd, type NamedDetector } from './named-detector.js';

interface NamedInSettings {
  defaultDetectors: string[];
  models: string[];
}

/** What is wrong with the names in `detection.defaultDetectors` and `detection.models`. */
export const settingFaults = (
  settings: NamedInSettings,
  known: NamedDetector[],
  howToAdd?: HowToAdd,
): FieldError[] => [
  ...defaultDetectorFaults(settings, known, howToAdd),
  ...modelFaults(settings, known),
];

/** What is wrong with the names in `detection.models`: those of other detectors cannot be downloaded. */
export function modelFaults(
  { models }: Pick<NamedInSettings, 'models'>,
  known: NamedDetector[],
): FieldError[] {
  const downloadable = known.filter((one) => one.downloadable).map((one) => one.id);
  return models.flatMap((id, i) =>
    downloadable.includes(id)
      ? []
      : [
          {
            path: `detection.models.${i}`,
            message: unknownName(`there is no model "${id}" to download`, id, downloadable),
          },
        ],
  );
}

/** What is wrong with the detectors in `detection.defaultDetectors`. */
const defaultDetectorFaults = (
  { defaultDetectors }: Pick<NamedInSettings, 'defaultDetectors'>,
  known: NamedDetector[],
  howToAdd?: HowToAdd,
): FieldError[] =>
  defaultDetectors.flatMap((id, i) =>
    detectorFaults([id], known, howToAdd).map(({ message }) => ({
      path: `detection.defaultDetectors.${i}`,
      message,
    })),
  );
