import type { Logger as CronLogger } from 'node-cron';
import type { Logger } from './logger.js';

/** Logs node-cron's messages at debug level: the work itself logs what an operator needs. */
export function cronLogger(log: Logger): CronLogger {
  const write = (message: string | Error) => log.debug({ source: 'node-cron' }, String(message));
  return { debug: write, info: write, warn: write, error: write };
}
