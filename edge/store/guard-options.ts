import { join } from 'node:path';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { GuardOptions } from '../../core/store/guarded-database.js';
import { edgeSalvagePlan } from './salvage-plan.js';

/** The appliance's database, and what shows that it existed before. */
export function guardOptions(dataFolder: string, log: Logger, clock: Clock): GuardOptions {
  const traces = ['edge.db.outbox', 'admin-token', 'picture-key', 'images/originals', 'cameras'];
  return {
    file: join(dataFolder, 'edge.db'),
    plan: edgeSalvagePlan,
    traces: traces.map((name) => join(dataFolder, name)),
    program: 'siteglass-edge',
    log: log.child({ component: 'database' }),
    clock,
  };
}
