import { constants } from 'node:os';

/** What a person can act on, in one line. Anything else that is thrown is a bug of ours. */
export class Problem extends Error {
  /** @override */
  name = 'Problem';
  exitCode = 1;
}

/** A person stopped the script. */
export class Interrupted extends Problem {
  /** @param {'SIGINT' | 'SIGTERM' | 'SIGHUP'} signal */
  constructor(signal) {
    super('Stopped; the next run continues.');
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Runs a script's main function. A problem ends it with one line and its exit code.
 * @param {() => number | void | Promise<number | void>} main Returns the exit code; 0 if it returns nothing.
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = error.exitCode;
  }
}
