import type { ProblemCode } from '../../../core/contract/problem.js';
import { ProblemError } from '../../../core/runtime/errors.js';

/** The image itself was rejected, and a retry will most likely be too: 413, 415 and 422 in the table of problems. */
export const isImageRejected = (error: unknown): error is ProblemError =>
  error instanceof ProblemError && [413, 415, 422].includes(error.status);

const INVALID: ProblemCode[] = ['image_undecodable', 'image_damaged'];

/** The bytes are not an image that can be searched. Excludes what only the search found, such as a timeout. */
export const isInvalidImage = (error: unknown): error is ProblemError =>
  isImageRejected(error) && (error.status !== 422 || INVALID.includes(error.code));

/** The appliance has no capacity for the snapshot now; neither the camera nor the image is at fault. */
export const isOverload = (error: unknown): error is ProblemError =>
  error instanceof ProblemError && error.status >= 500;
