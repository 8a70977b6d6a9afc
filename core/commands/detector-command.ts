import { accessSync, constants, existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { DetectionModule } from '../detection/create-detection.js';
import { DownloadError } from '../detection/models/download-error.js';
import { type DetectionExpectation, withDetection } from '../doctor/with-detection.js';
import type { CommandOptions } from '../runtime/command-line.js';
import { ProblemError, StartError } from '../runtime/errors.js';
import { actAsOwnerOf } from '../runtime/identity/act-as-owner.js';
import { type Addition, addDetector, readAddition, WAITING } from './add-detector.js';
import { listDetectors } from './list-detectors.js';
import { readImage, tryDetector } from './try-detector.js';

const USAGE =
  'expected "detector list", "detector add NAME", "detector add FILE", "detector try NAME IMAGE" or "detector remove NAME"';

export type DetectorCommandOutput = Pick<Writable, 'write'> & { isTTY?: boolean };

/**
 * Lists, adds, tries and removes detectors, with a worker of its own. A running program notices the change within seconds.
 * Progress goes to `output`. Throws StartError.
 */
export async function detectorCommand(
  expected: DetectionExpectation,
  options: CommandOptions,
  output: DetectorCommandOutput = process.stderr,
): Promise<string> {
  const work = await readWork(options, output);
  actAsOwnerOf(expected.dataFolder);
  requireAccess(expected.dataFolder);
  try {
    return await withDetection(expected, work);
  } catch (error) {
    if (error instanceof DownloadError || error instanceof ProblemError)
      throw new StartError(error.message, { cause: error });
    throw error;
  }
}

/** Otherwise the detectors in a folder of another user would count as missing. */
function requireAccess(folder: string): void {
  if (!existsSync(folder)) return;
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
  } catch (cause) {
    throw new StartError(
      `the data folder ${folder} cannot be read; run the command as root or as its owner`,
      { cause },
    );
  }
}

type Work = (detection: DetectionModule) => Promise<string>;

/** Reads the files that the command names as the user who runs it. */
async function readWork(options: CommandOptions, output: DetectorCommandOutput): Promise<Work> {
  const { words, json } = options;
  const [action = 'list', name, image, ...more] = words;
  const count = words.length;
  const isAddition = action === 'add' && count === 2;
  if (!isAddition) refuseOptions(options, ['name', 'url', 'sha256']);
  if (json && action !== 'list' && action !== 'try') throw new StartError(USAGE);
  if (action === 'list' && count <= 1) return async (detection) => listDetectors(detection, json);
  if (name !== undefined && more.length === 0) {
    if (isAddition) return adding(await readAddition(name, options), output);
    if (action === 'remove' && count === 2) return removing(name, output);
    if (action === 'try' && image !== undefined) {
      const bytes = await readImage(image);
      return (detection) => tryDetector(detection, name, bytes, json);
    }
  }
  throw new StartError(USAGE);
}

function refuseOptions(options: CommandOptions, names: ('name' | 'url' | 'sha256')[]): void {
  for (const name of names)
    if (options[name] !== undefined)
      throw new StartError(`--${name} is an option of "detector add"`);
}

const adding =
  (addition: Addition, output: DetectorCommandOutput): Work =>
  (detection) =>
    addDetector(detection, addition, output);

const removing =
  (id: string, output: DetectorCommandOutput): Work =>
  async ({ installer }) => {
    const signal = new AbortController().signal;
    await installer.remove(id, { signal, onWait: () => output.write(WAITING) });
    return `The detector "${id}" was removed.`;
  };
