import type { FieldError } from '../../contract/problem.js';
import { unknownName, withoutValidNames } from '../../runtime/unknown-name.js';
import {
  detectorFaults,
  type HowToAdd,
  type NamedDetector,
  refusedDetectors,
} from './named-detector.js';

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

/** What is wrong with a name, and the setting or the camera that has it. */
export interface NameFault {
  by: string;
  message: string;
}

/** Detectors that a setting or a camera names. */
export interface NamingSetting {
  by: string;
  ids: readonly string[];
}

/** The same for a program that runs. */
export const faultsBySetting = (settings: NamedInSettings, known: NamedDetector[]): NameFault[] =>
  settingFaults(settings, known).map(({ path, message }) => ({
    by: path.replace(/\.\d+$/, ''),
    message,
  }));

/** Detectors that exist and cannot be used, e.g. because their engine is not installed. The catalog logs them. */
export const refusedIn = (naming: NamingSetting[], known: NamedDetector[]): NameFault[] =>
  naming.flatMap(({ by, ids }) =>
    refusedDetectors(ids, known).map(({ message }) => ({ by, message })),
  );

/** For a status, which is read often: without the list of the valid names. */
export const reasonOf = ({ by, message }: NameFault): string =>
  `${by}: ${withoutValidNames(message)}`;

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
