import { RoundRobin } from '../runtime/round-robin.js';

/** Turns in a row that a network may have to wait while others come. */
const MAX_SKIPPED = 8;

/**
 * Lets one request a turn of the event loop begin, of each network after the other. A flood of one network otherwise
 * makes each turn long, and the system hands over one new connection a turn.
 */
export class FairTurns {
  /** By network. */
  readonly #waiting = new RoundRobin<() => void>();
  #isTaken = false;
  #skipped = 0;

  /** `shouldWait` says whether requests of a network should wait for new connections. */
  constructor(private readonly shouldWait: (network: string) => boolean = () => false) {}

  /** Runs `work` at once if no other has begun in this turn. */
  run(network: string, work: () => void): void {
    if (!this.#isTaken && !this.shouldWait(network)) {
      this.#take();
      work();
      return;
    }
    this.#waiting.add(network, work);
    if (!this.#isTaken) this.#take();
  }

  #take(): void {
    this.#isTaken = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isTaken = false;
    const next = this.#waiting.next();
    if (!next) return;
    this.#take();
    const { key: network, item: work } = next;
    const isSkipped = this.#skipped < MAX_SKIPPED && this.shouldWait(network);
    this.#skipped = isSkipped ? this.#skipped + 1 : 0;
    if (isSkipped) return;
    this.#waiting.remove(network, work);
    work();
  }
}
