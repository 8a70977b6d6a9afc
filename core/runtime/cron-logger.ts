import type { Logger as CronLogger } from 'node-cron';
import type { Logger } from './logger.js';

/** node-cron's words at debug level: what an operator needs is logged by the work itself. */
export function cronLogger(log: Logger): CronLogger {
  const say = (message: string | Error) => log.debug({ source: 'node-cron' }, String(message));
  return { debug: say, info: say, warn: say, error: say };
}
