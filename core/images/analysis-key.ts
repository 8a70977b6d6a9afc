import { hash } from 'node:crypto';
import type { Zone } from '../contract/zone.js';
import {
  type AnalysisPlan,
  isModel,
  type PlannedCascade,
  type PlannedModel,
} from '../detection/detection.js';

export const sha256Of = (data: Uint8Array | string): string => hash('sha256', data);

/**
 * The key of a plan's result for an image: the same bytes, searched by the same cascades (by their files' hashes) with
 * the same parameters in the same zones, have the same key. A result of a request that refuses damaged images is not one
 * for a request that accepts them.
 */
export function analysisKey(
  sha256: string,
  { detectors, preparation, zones, labels, minConfidence, acceptDamaged }: AnalysisPlan,
): string {
  const work = [
    sha256,
    preparation.workingSize,
    preparation.orientations,
    detectors.map((detector) => (isModel(detector) ? modelWork(detector) : cascadeWork(detector))),
    ...(zones ? [zones.map(zoneWork)] : []),
    ...(acceptDamaged ? ['damaged'] : []),
    // Named, and absent if they are not given, so that the keys of earlier versions stay valid.
    ...(labels ? [{ labels }] : []),
    ...(minConfidence === undefined ? [] : [{ minConfidence }]),
    ...(preparation.tiles ? [{ tiles: preparation.tiles }] : []),
  ];
  return sha256Of(JSON.stringify(work));
}

const cascadeWork = ({ id, label, engine, sha256, parameters: p }: PlannedCascade) => [
  id,
  label,
  engine,
  sha256,
  p.scaleFactor,
  p.minNeighbors,
  p.minSize,
  p.maxSize,
];

/** The description is the operator's to change, beside a file that stays the same. */
const modelWork = ({ id, engine, sha256, model: m, parameters: p }: PlannedModel) => [
  id,
  engine,
  sha256,
  [m.family, m.width, m.height, m.channels, m.mean, m.scale, m.letterbox.align, m.letterbox.fill],
  m.labels,
  [p.minConfidence, p.maxOverlap, p.minSize, p.maxSize],
];

const zoneWork = ({ kind, points, labels, minConfidence }: Zone) => [
  kind,
  points,
  ...(labels ? [{ labels: labels.toSorted() }] : []),
  ...(minConfidence === undefined ? [] : [{ minConfidence }]),
];
