import type { Random } from '../../../../support/render-random.js';

/** Uniform in [from, to], both included. */
export const integer = (random: Random, from: number, to: number): number =>
  Math.floor(random.between(from, to + 1));
