import { withDeadline } from '../../../core/runtime/with-deadline.js';
import type { Snapshot } from '../camera.js';
import type { WatchContext } from './watch-context.js';

const LONGEST_SLOT_MS = 60_000;

/** Takes one snapshot from a camera, in a lane and under a deadline. */
export class SnapshotFetcher {
  #isSlow = false;

  constructor(
    private readonly context: WatchContext,
    private readonly msToNextRun: () => number,
  ) {}

  fetch(): Promise<Snapshot | undefined> {
    const { options, stats, stopping } = this.context;
    const { lanes, clock } = options;
    return lanes.run(this.#isSlow, stopping, async () => {
      const startedAt = clock();
      stats.recordAttempt(startedAt);
      try {
        return await this.#take();
      } finally {
        this.#isSlow = clock() - startedAt > lanes.patienceMs;
      }
    });
  }

  #take(): Promise<Snapshot | undefined> {
    const { camera, config, operations, stopping } = this.context;
    const slotMs = this.#slotMs;
    const take = () => withDeadline(slotMs, stopping, (signal) => camera.take(signal));
    // A network drive that is away blocks a folder's fetch, and a restart of this process does not bring it back.
    return config.kind === 'folder' ? take() : operations.track('fetch', slotMs, take);
  }

  /** The time until the next run, and at least the timeout of one attempt. */
  get #slotMs(): number {
    const untilNext = Math.min(this.msToNextRun(), LONGEST_SLOT_MS);
    return Math.max(untilNext, this.context.config.timeoutSeconds * 1000);
  }
}
