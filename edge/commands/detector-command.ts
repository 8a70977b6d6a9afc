import { detectorCommand } from '../../core/commands/detector-command.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import type { EdgeConfig } from '../config.js';

/** Manages the detectors in the data folder, also while the program runs. */
export const edgeDetectorCommand = (
  { detection, images, dataFolder }: EdgeConfig,
  options: CommandOptions,
): Promise<string> =>
  detectorCommand({ settings: detection, maxPixels: images.maxPixels, dataFolder }, options);
