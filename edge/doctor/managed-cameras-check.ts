import { type Check, ok, warning } from '../../core/doctor/finding.js';

/** Cameras of the API that are not used as they were declared. */
export const managedCamerasCheck = (managed: number, faults: readonly string[]): Check => ({
  about: 'camera settings',
  run() {
    if (faults.length > 0)
      return faults.map((fault) =>
        warning(fault, 'See "Cameras that the API manages" in docs/configuration.md.'),
      );
    return ok(managed === 0 ? 'all in the configuration file' : `${managed} managed by the API`);
  },
});
