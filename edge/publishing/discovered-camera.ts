import { crc32 } from '../../core/contract/crc32.js';
import type { DetectorResource } from '../../core/contract/detection.js';
import type { Planner } from '../../core/detection/detection.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import type { EdgeConfig } from '../config.js';
import type { DiscoveredCamera } from './discovery-parts.js';
import { zoneNames } from './zone-presence.js';

/** Of detectors with more labels than this in all, those that people usually want are announced. */
export const MAX_ANNOUNCED_LABELS = 16;

/** A camera with its zones, and with the labels that it is configured for; otherwise with those of its detectors. */
export function discoveredCamera(
  { id, name, kind, detectors, labels: configured, zones }: CameraConfig,
  { detection }: EdgeConfig,
  planner: Planner,
): DiscoveredCamera {
  const ids = new Set(detectors ?? detection.defaultDetectors);
  const chosen = planner.detectors().filter((detector) => ids.has(detector.id));
  return {
    id,
    name,
    kind,
    labels: sluggedLabels(new Set(configured ?? labelsOf(chosen)), chosen),
    zones: slugged(zoneNames(zones), slugOf).map(({ slug, text }) => ({ slug, name: text })),
  };
}

function labelsOf(detectors: DetectorResource[]): Iterable<string> {
  const all = new Set(detectors.flatMap(({ labels }) => labels));
  if (all.size <= MAX_ANNOUNCED_LABELS) return all;
  return detectors.flatMap(({ labels, usualLabels }) => usualLabels ?? labels);
}

/** The name of a cascade's label for ids is the cascade's. A model's labels are named after themselves. */
function sluggedLabels(
  labels: Set<string>,
  detectors: DetectorResource[],
): DiscoveredCamera['labels'] {
  const wanted = (label: string) => detectors.find((one) => one.label === label)?.id;
  return slugged(labels, (label) => wanted(label) ?? slugOf(label)).map(({ slug, text }) => ({
    slug,
    label: text,
  }));
}

/** Each text with a name for ids that no other one has. */
function slugged(texts: Set<string>, wantedOf: (text: string) => string) {
  const taken = new Set<string>();
  return [...texts].map((text) => {
    const wanted = wantedOf(text);
    const slug = taken.has(wanted) ? `${wanted}-${crc32(text)}` : wanted;
    taken.add(slug);
    return { slug, text };
  });
}

function slugOf(label: string): string {
  const plain = label.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return slug === '' ? crc32(label) : slug;
}
