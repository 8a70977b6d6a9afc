import type { DetectorCatalog } from '../../core/detection/catalog/detector-catalog.js';
import type { NamedDetector } from '../../core/detection/catalog/named-detector.js';
import {
  faultsBySetting,
  type NameFault,
  reasonOf,
  refusedIn,
} from '../../core/detection/catalog/setting-faults.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { ConfiguredCameras } from '../cameras/configured-cameras.js';
import { cameraNameFaults } from '../cameras/name-faults.js';
import type { EdgeConfig } from '../config.js';
import type { HealthPart } from '../health/site-health.js';

export interface NameCheckSources {
  settings: EdgeConfig['detection'];
  configured: ConfiguredCameras;
  catalog: Pick<DetectorCatalog, 'named' | 'names'>;
  log: Logger;
}

/** Faults that the report of the site names one by one. */
const MAX_NAMED = 16;

/**
 * Detectors and labels in the configuration that do not exist. A reload refuses such a configuration. A start does not:
 * cameras without such a name go on, and so do the others once the detector is there.
 */
export class NameCheck implements Service {
  readonly name = 'names';

  constructor(private readonly sources: NameCheckSources) {}

  async start(): Promise<void> {
    const { catalog, log } = this.sources;
    for (const { by, message } of this.#faults(await catalog.names()))
      log.error({ by, reason: message }, 'the configuration names what does not exist');
  }

  async stop(): Promise<void> {}

  condition(): HealthPart {
    const known = this.sources.catalog.named();
    const faults = [...this.#faults(known), ...this.#refused(known)];
    const reasons = faults.slice(0, MAX_NAMED).map(reasonOf);
    const others = faults.length - MAX_NAMED;
    if (others > 0)
      reasons.push(`${others} more detectors and labels in the configuration cannot be used`);
    return { reasons };
  }

  #refused(known: NamedDetector[]): NameFault[] {
    const { settings, configured } = this.sources;
    const byCamera = configured.all.map(({ id, detectors = [] }) => ({
      by: `camera ${id}`,
      ids: detectors,
    }));
    return refusedIn(
      [{ by: 'detection.defaultDetectors', ids: settings.defaultDetectors }, ...byCamera],
      known,
    );
  }

  #faults(known: NamedDetector[]): NameFault[] {
    const { settings: detection, configured } = this.sources;
    return [
      ...faultsBySetting(detection, known),
      ...cameraNameFaults({ cameras: [...configured.all], detection }, known).flatMap((faulty) =>
        faulty.errors.map(({ message }) => ({ by: `camera ${faulty.camera}`, message })),
      ),
    ];
  }
}
