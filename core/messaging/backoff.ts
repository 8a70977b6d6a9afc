export interface BackoffRange {
  /** Ceiling of the first delay. */
  minMs: number;
  /** Ceiling of every delay. */
  maxMs: number;
}

/**
 * Delay before attempt number `attempt` (from 0): an exponentially growing ceiling, half of it fixed and half
 * random, so that appliances which lost the same broker do not all reconnect at once.
 */
export function backoffMs(
  attempt: number,
  { minMs, maxMs }: BackoffRange,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return ceiling / 2 + (random() * ceiling) / 2;
}
