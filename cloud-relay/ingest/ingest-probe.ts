import type { Probe } from '../../core/runtime/watchdog.js';
import type { IngestStatus } from './ingest.js';

type Progress = Pick<
  IngestStatus,
  'received' | 'committed' | 'duplicates' | 'failed' | 'overBudget'
>;

/** Longer than a batch takes under any load: it has 500 summaries at most. */
const PATIENCE_MS = 2 * 60_000;

/** Summaries that are received get committed or fail; the broker sends a bounded number before that. */
export class IngestProbe implements Probe {
  readonly name = 'ingest';
  #done = -1;
  #doneAt = 0;

  constructor(
    private readonly ingest: { status(): Progress },
    private readonly now = () => performance.now(),
  ) {}

  check(): string | undefined {
    const { received, committed, duplicates, failed, overBudget } = this.ingest.status();
    const done = committed + duplicates + failed + overBudget;
    if (done !== this.#done || done >= received) this.#doneAt = this.now();
    this.#done = done;
    const waitedMs = this.now() - this.#doneAt;
    if (waitedMs <= PATIENCE_MS) return undefined;
    return `${received - done} summaries are waiting; none was committed for ${Math.round(waitedMs / 1000)} s`;
  }
}
