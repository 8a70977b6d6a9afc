import { parseArgs } from 'node:util';
import { usageOf } from './commands.mjs';
import { Problem } from './problem.mjs';

export const asksForHelp = (args = process.argv.slice(2)) =>
  args.includes('--help') || args.includes('-h');

/**
 * Whether the arguments ask for help; prints the usage of the npm script.
 * @param {string} script
 */
export function showedHelp(script, args = process.argv.slice(2)) {
  if (!asksForHelp(args)) return false;
  console.log(usageOf(script));
  return true;
}

/**
 * The options of the command line; a Problem with the usage of the npm script if they cannot be read.
 * @template {import('node:util').ParseArgsConfig['options']} T
 * @param {string} script
 * @param {T} options
 */
export function readOptions(script, options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [usage] = usageOf(script).split('\n');
    throw new Problem(`${error.message}\n${usage}`);
  }
}
