import { hash } from 'node:crypto';
import type { AnalysisPlan } from '../detection/detection.js';

export const sha256Of = (data: Uint8Array | string): string => hash('sha256', data);

/**
 * The key of a plan's result for an image: the same bytes, searched by the same cascades (by their files' hashes) with
 * the same parameters in the same zones, have the same key. A result of a request that refuses damaged images is not one
 * for a request that accepts them.
 */
export function analysisKey(
  sha256: string,
  { detectors, preparation, zones, acceptDamaged }: AnalysisPlan,
): string {
  const work = [
    sha256,
    preparation.workingSize,
    preparation.orientations,
    detectors.map(({ id, label, engine, sha256: cascade, parameters: p }) => [
      id,
      label,
      engine,
      cascade,
      p.scaleFactor,
      p.minNeighbors,
      p.minSize,
      p.maxSize,
    ]),
    ...(zones ? [zones.map(({ kind, points }) => [kind, points])] : []),
    ...(acceptDamaged ? ['damaged'] : []),
  ];
  return sha256Of(JSON.stringify(work));
}
