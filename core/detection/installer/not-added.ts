import type { DetectorResource } from '../../contract/detection.js';
import { ProblemError } from '../../runtime/errors.js';
import { unknownName } from '../../runtime/unknown-name.js';

/** Why a detector that was not added here is neither removed nor changed. */
export function notAdded(
  id: string,
  known: readonly DetectorResource[],
  what: 'removed' | 'changed',
): ProblemError {
  const detector = known.find((one) => one.id === id);
  if (detector) return new ProblemError('detector_not_removable', whyNot(detector, what));
  const ids = known.filter(({ removable }) => removable).map((one) => one.id);
  return new ProblemError('not_found', unknownName(`there is no detector "${id}"`, id, ids));
}

function whyNot({ id, origin, status }: DetectorResource, what: 'removed' | 'changed'): string {
  const nothing = what === 'removed' ? 'nothing to remove' : 'nothing to change';
  if (status === 'available') return `"${id}" is not downloaded, so there is ${nothing}`;
  const inFolder = what === 'removed' ? 'remove its file' : 'change its description';
  if (origin === 'operator') return `"${id}" lies in detection.folder; ${inFolder} there`;
  return `"${id}" comes with Siteglass and cannot be ${what}`;
}
