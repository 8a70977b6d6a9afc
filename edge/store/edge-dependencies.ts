import type { Kysely } from 'kysely';
import type { DetectionModule } from '../../core/detection/create-detection.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { EdgeConfig } from '../config.js';
import type { EdgeTables } from './tables.js';

/** What every part of the appliance is built on. */
export interface EdgeDependencies {
  config: EdgeConfig;
  /** The whole database; a part sees its own tables of it. */
  db: Kysely<EdgeTables>;
  detection: DetectionModule;
  log: Logger;
  clock: Clock;
}
