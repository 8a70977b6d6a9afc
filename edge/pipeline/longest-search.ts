import type { EdgeConfig } from '../config.js';

/** Milliseconds that a search may take: behind a full queue whose jobs, one after the other, all take as long as they may. */
export const longestSearchMs = ({ maxQueued, deadlineSeconds }: EdgeConfig['detection']): number =>
  (maxQueued + 1) * deadlineSeconds * 1_000;
