import { detectorCommand } from '../../core/commands/detector-command.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import type { RelayConfig } from '../config.js';

/** Manages the detectors in the data folder, also while the program runs. */
export const relayDetectorCommand = (
  { detection, images, dataFolder }: RelayConfig,
  options: CommandOptions,
): Promise<string> =>
  detectorCommand({ settings: detection, maxPixels: images.maxPixels, dataFolder }, options);
