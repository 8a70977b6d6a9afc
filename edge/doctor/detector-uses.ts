import type { DetectorUse } from '../../core/doctor/detection-check.js';
import { type CameraConfig, requestOf } from '../cameras/camera-config.js';

/** The analyses that a camera asks for: each zone may name labels of its own. */
export function detectorUsesOf(camera: CameraConfig): DetectorUse[] {
  const request = requestOf(camera);
  const ofZones = camera.zones.flatMap(({ name, labels }, i) =>
    labels
      ? [{ by: `${camera.id}, zone ${name ?? i + 1}`, request: { ...request, label: labels } }]
      : [],
  );
  return [{ by: camera.id, request }, ...ofZones];
}
