import type { AnalysisPlan, Planner } from '../../core/detection/detection.js';
import { type CameraConfig, requestOf } from './camera-config.js';

/** How a snapshot of a camera is searched. Throws the problems of `Planner.plan`. */
export const planOf = (camera: CameraConfig, planner: Planner): AnalysisPlan => ({
  ...planner.plan(requestOf(camera)),
  ...(camera.zones.length > 0 && { zones: camera.zones }),
});
