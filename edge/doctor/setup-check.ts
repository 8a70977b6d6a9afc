import { type Check, failure, ok } from '../../core/doctor/finding.js';
import { readSetupFile, setupFileFault } from '../setup/setup-file.js';

/** Whether what the set-up decided applies. */
export const setupCheck = (dataFolder: string): Check => ({
  about: 'set-up',
  run() {
    const fault = setupFileFault(dataFolder);
    if (fault !== undefined)
      return failure(
        `set-up.json in the data folder cannot be used: ${fault}`,
        'Write its settings (site, http.host, mqtt) into the configuration file, and remove set-up.json.',
      );
    const file = readSetupFile(dataFolder);
    if (!file) return ok('not used; the configuration has the settings');
    return ok(file.isComplete ? 'complete' : 'not complete; the service offers it again');
  },
});
