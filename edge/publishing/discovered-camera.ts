import type { Planner } from '../../core/detection/detection.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import type { EdgeConfig } from '../config.js';
import type { DiscoveredCamera } from './discovery-message.js';

/** A camera with the labels of its detectors. */
export function discoveredCamera(
  { id, name, detectors }: CameraConfig,
  { detection }: EdgeConfig,
  planner: Planner,
): DiscoveredCamera {
  const wanted = new Set(detectors ?? detection.defaultDetectors);
  const labels = new Map<string, string>();
  for (const detector of planner.detectors())
    if (wanted.has(detector.id))
      for (const label of detector.labels) if (!labels.has(label)) labels.set(label, detector.id);
  return { id, name, labels: [...labels].map(([label, slug]) => ({ slug, label })) };
}
