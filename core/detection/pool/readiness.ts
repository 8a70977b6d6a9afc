import type { PoolStatus } from './detection-pool.js';

/** A process can take work as long as one worker does. */
export function readinessOf({ state, ready }: PoolStatus): { ready: boolean; reasons: string[] } {
  const able = state !== 'unavailable' && ready > 0;
  return { ready: able, reasons: able ? [] : ['no detection worker is running'] };
}
