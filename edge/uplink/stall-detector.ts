import type { SendPlan } from './send-plan.js';

export interface StallDetectorOptions {
  /** A record that the broker took and nobody acknowledged is overdue after so long; up to four times as long while that lasts. */
  stallMs: number;
  /** Called for each stall; `isFirst` for the first one since the last progress. */
  onStall: (isFirst: boolean) => void;
  now?: () => number;
}

type Watched = Pick<SendPlan, 'inFlight' | 'isOverdue'>;

/** Finds out that acknowledgements are overdue, as long as records are in flight. Its timer does not keep the process alive. */
export class StallDetector {
  #timer: NodeJS.Timeout | undefined;
  #plan: Watched | undefined;
  /** Since the last progress. */
  #stalls = 0;

  constructor(private readonly options: StallDetectorOptions) {}

  /** Starts to check the plan, unless it is checked already, in place of the plan before. */
  watch(plan: Watched): void {
    this.#plan = plan;
    if (this.#timer || plan.inFlight === 0) return;
    const { stallMs, now = () => performance.now() } = this.options;
    const timeoutMs = stallMs * 2 ** Math.min(this.#stalls, 2);
    const jitter = 0.8 + 0.4 * Math.random();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#plan?.isOverdue(now(), timeoutMs)) this.options.onStall(this.#stalls++ === 0);
        if (this.#plan) this.watch(this.#plan);
      },
      (stallMs / 4) * jitter,
    ).unref();
  }

  /** Something was acknowledged, or a connection began. */
  reset(): void {
    this.#stalls = 0;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#plan = undefined;
  }
}
