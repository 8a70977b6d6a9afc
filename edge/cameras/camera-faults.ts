import type { FieldError } from '../../core/contract/problem.js';
import { engineFaults } from '../../core/detection/catalog/engine-faults.js';
import type { NamedDetector } from '../../core/detection/catalog/named-detector.js';
import { openCvFault } from '../../core/opencv/opencv-addon.js';
import type { EdgeConfig } from '../config.js';
import type { CameraConfig } from './camera-config.js';

/** The kinds of cameras whose pictures OpenCV reads. */
const CAPTURED: readonly CameraConfig['kind'][] = ['rtsp', 'device', 'video'];

/** A line for each camera that cannot be read until something is installed on this machine. */
export function cameraFaults(cameras: readonly CameraConfig[]): string[] {
  const captured = cameras.filter(({ kind }) => CAPTURED.includes(kind));
  const fault = captured.length > 0 ? openCvFault('capture') : undefined;
  return fault === undefined ? [] : captured.map(({ id }) => `camera ${id}: ${fault}`);
}

/** Searches that the settings and the cameras ask for, and that wait until something is installed on this machine. */
export const searchFaults = (
  { detection, cameras }: Pick<EdgeConfig, 'detection' | 'cameras'>,
  known: NamedDetector[],
): Promise<FieldError[]> =>
  engineFaults(
    detection,
    cameras.map(({ detectors }, i) => ({ path: `cameras.${i}.detectors`, ids: detectors ?? [] })),
    known,
  );
