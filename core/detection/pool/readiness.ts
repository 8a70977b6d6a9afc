import type { PoolStatus } from './detection-pool.js';

/** Why a process cannot take work; it can as long as one worker does. */
export function reasonOfPool({ state, ready }: PoolStatus): string | undefined {
  const able = state !== 'unavailable' && ready > 0;
  return able ? undefined : 'no detection worker is running';
}
