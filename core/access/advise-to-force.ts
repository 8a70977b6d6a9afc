import { ProblemError, StartError } from '../runtime/errors.js';

/** Adds the option of the command line to the error about the last administrator. */
export async function adviseToForce<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'last_administrator')
      throw new StartError(`${error.message} Or repeat the command with --force.`, {
        cause: error,
      });
    throw error;
  }
}
