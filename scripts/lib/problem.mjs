/** What a person can act on, said in one line. Anything else that is thrown is a bug of ours. */
export class Problem extends Error {
  name = 'Problem';
}

/** Runs a script's main function. A problem ends it with one line and exit code 1. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}
