import type { FieldError } from '../../contract/problem.js';
import { messageOf } from '../../runtime/errors.js';
import { type DetectorPlaces, knownDetectors } from './known-detectors.js';
import type { NamedDetector } from './named-detector.js';

/** The faults that `find` finds among all detectors that lie on the disk, or why these are not known. */
export async function checkNames(
  places: DetectorPlaces,
  find: (known: NamedDetector[]) => FieldError[] | Promise<FieldError[]>,
): Promise<FieldError[]> {
  let known: NamedDetector[];
  try {
    known = await knownDetectors(places);
  } catch (error) {
    const message = `the names of detectors cannot be checked: ${messageOf(error)}`;
    return [{ path: 'detection.folder', message }];
  }
  return find(known);
}
