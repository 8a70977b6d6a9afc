import type { FieldError } from '../../core/contract/problem.js';
import {
  detectorFaults,
  fieldFaults,
  labelFaults,
  type NamedDetector,
} from '../../core/detection/catalog/named-detector.js';
import { settingFaults } from '../../core/detection/catalog/setting-faults.js';
import type { EdgeConfig } from '../config.js';
import { type CameraConfig, requestOf } from './camera-config.js';

type Named = Pick<EdgeConfig, 'cameras' | 'detection'>;

/** What is wrong with the names in the configuration of a camera. */
export interface CameraFaults {
  camera: string;
  errors: FieldError[];
}

/** Detectors and labels in the configuration that do not exist, and parameters that no chosen detector has. */
export function nameFaults(config: Named, known: NamedDetector[]): FieldError[] {
  return [
    ...settingFaults(config.detection, known, howToAdd),
    ...cameraNameFaults(config, known).flatMap(({ errors }) => errors),
  ];
}

/** The same of the cameras alone, without those in which all is right. */
export function cameraNameFaults(
  { cameras, detection }: Named,
  known: NamedDetector[],
): CameraFaults[] {
  return cameras.flatMap((camera, i) => {
    const errors = faultsOf(camera, `cameras.${i}`, detection.defaultDetectors, known);
    return errors.length > 0 ? [{ camera: camera.id, errors }] : [];
  });
}

function faultsOf(
  camera: CameraConfig,
  path: string,
  defaults: string[],
  known: NamedDetector[],
): FieldError[] {
  const wrong = (camera.detectors ?? []).flatMap((id, i) =>
    detectorFaults([id], known, howToAdd).map(({ message }) => ({
      path: `${path}.detectors.${i}`,
      message,
    })),
  );
  const ids = camera.detectors ?? defaults;
  const chosen = ids.flatMap((id) => known.find((one) => one.id === id) ?? []);
  // Of a detector that does not exist nothing more can be said.
  if (chosen.length < ids.length) return wrong;
  const fields = fieldFaults(requestOf(camera), chosen).map((fault) => ({
    ...fault,
    path: `${path}.${fault.path === 'label' ? 'labels' : `parameters.${fault.path}`}`,
  }));
  const ofZones = camera.zones.flatMap(({ labels }, i) =>
    labelFaults(`${path}.zones.${i}.labels`, labels ?? [], chosen),
  );
  return [...wrong, ...fields, ...ofZones];
}

const howToAdd = (id: string): string => `run: siteglass-edge detector add ${id}`;
