import type { FindingsResource } from '../../core/contract/system.js';
import { examine } from '../../core/doctor/examine.js';
import type { Check } from '../../core/doctor/finding.js';
import { type Clock, toIsoString } from '../../core/runtime/clock.js';

/** Callers within this time get the same findings. */
const LIFETIME_MS = 10_000;
/** A caller waits for a page; the command `doctor` waits longer. */
const CHECK_MS = 25_000;

/** Runs the checks when somebody asks, one run at a time. */
export class Findings {
  #running: Promise<FindingsResource> | undefined;
  #last: { result: FindingsResource; at: number } | undefined;

  constructor(
    private readonly checks: () => Check[],
    private readonly clock: Clock,
    private readonly lifetimeMs = LIFETIME_MS,
  ) {}

  async get(): Promise<FindingsResource> {
    if (this.#last && performance.now() - this.#last.at < this.lifetimeMs) return this.#last.result;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<FindingsResource> {
    const began = performance.now();
    const at = toIsoString(this.clock());
    const found = await examine(this.checks(), CHECK_MS);
    const has = (state: 'failure' | 'warning') => found.some((finding) => finding.state === state);
    const result: FindingsResource = {
      status: 'OK',
      at,
      tookMs: Math.round(performance.now() - began),
      worst: has('failure') ? 'failure' : has('warning') ? 'warning' : 'ok',
      findings: found.map(({ about, state, text, advice = null }) => ({
        about,
        state,
        text,
        advice,
      })),
    };
    this.#last = { result, at: performance.now() };
    return result;
  }
}
