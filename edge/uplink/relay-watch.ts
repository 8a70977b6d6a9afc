import { duration } from '../../core/runtime/clock.js';
import type { SendPlan } from './send-plan.js';

type Sent = Pick<SendPlan, 'acked' | 'hasAhead'>;

/**
 * Measures for how long the relay has acknowledged nothing while it could: while the broker is connected and summaries
 * wait. Times are milliseconds of any one steady clock.
 */
export class RelayWatch {
  #silentMs = 0;
  /** Since when it could acknowledge. */
  #since: number | undefined;

  constructor(private readonly now = () => performance.now()) {}

  update(isConnected: boolean, isWaiting: boolean): void {
    if (!isWaiting) this.#silentMs = 0;
    if (isConnected && isWaiting) {
      this.#since ??= this.now();
      return;
    }
    if (isWaiting) this.#silentMs = this.silentMs;
    this.#since = undefined;
  }

  /** It has acknowledged something. */
  progressed(): void {
    this.#silentMs = 0;
    if (this.#since !== undefined) this.#since = this.now();
  }

  get silentMs(): number {
    return this.#silentMs + (this.#since === undefined ? 0 : this.now() - this.#since);
  }

  /** What is wrong with the relay, though the broker is connected; undefined for less than `limitMs`. */
  problem(plan: Sent | undefined, limitMs = 60_000): string | undefined {
    const { silentMs } = this;
    if (!plan || silentMs < limitMs) return undefined;
    const forLong = `for ${duration(Math.round(silentMs / 1_000))}`;
    return plan.hasAhead
      ? `the relay does not accept summary ${plan.acked + 1}: it has later ones, but has acknowledged nothing more ${forLong}`
      : `the broker is connected, but the relay has acknowledged nothing ${forLong}`;
  }
}
