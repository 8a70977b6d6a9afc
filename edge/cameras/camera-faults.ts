import { openCvFault } from '../../core/opencv/opencv-addon.js';
import type { CameraConfig } from './camera-config.js';

/** The kinds of cameras whose pictures OpenCV reads. */
const CAPTURED: readonly CameraConfig['kind'][] = ['rtsp', 'device', 'video'];

/** A line for each camera that cannot be read until something is installed on this machine. */
export function cameraFaults(cameras: readonly CameraConfig[]): string[] {
  const captured = cameras.filter(({ kind }) => CAPTURED.includes(kind));
  const fault = captured.length > 0 ? openCvFault('capture') : undefined;
  return fault === undefined ? [] : captured.map(({ id }) => `camera ${id}: ${fault}`);
}
