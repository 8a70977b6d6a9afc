import type { DetectorResource } from '../../contract/detection.js';
import type { Planner } from '../../detection/detection.js';

const isReady = ({ status }: DetectorResource) => status === 'ready';

export const modelNames = (planner: Planner): string[] =>
  planner
    .detectors()
    .filter(isReady)
    .map(({ id }) => id);

/** The detector that a client means. Some send the name of a file, in capitals or with underscores. */
export function detectorFor(name: string, planner: Planner): string {
  const names = modelNames(planner);
  if (names.includes(name)) return name;
  const usual = name
    .trim()
    .toLowerCase()
    .replace(/\.(pt|pth|onnx|xml|tflite)$/, '')
    .replace(/[_ ]+/g, '-');
  return names.includes(usual) ? usual : name;
}

/** A model for faces if there is one, otherwise the cascade. */
export const faceDetector = (planner: Planner): string =>
  planner.detectors().find((one) => isReady(one) && one.family === 'yunet')?.id ?? 'face';
