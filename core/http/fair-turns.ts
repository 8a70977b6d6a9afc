/** Turns in a row that a network may have to wait while others come. */
const MAX_SKIPPED = 8;

/**
 * Lets one request a turn of the event loop begin, of each network after the other. A flood of one network otherwise
 * makes each turn long, and the system hands over one new connection a turn.
 */
export class FairTurns {
  /** In the order in which the networks have their turn. */
  readonly #queues = new Map<string, (() => void)[]>();
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
    const queue = this.#queues.get(network);
    if (queue) queue.push(work);
    else this.#queues.set(network, [work]);
    if (!this.#isTaken) this.#take();
  }

  #take(): void {
    this.#isTaken = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isTaken = false;
    const [first] = this.#queues;
    if (!first) return;
    this.#take();
    const [network, queue] = first;
    // Behind the others.
    this.#queues.delete(network);
    const isSkipped = this.#skipped < MAX_SKIPPED && this.shouldWait(network);
    this.#skipped = isSkipped ? this.#skipped + 1 : 0;
    const work = isSkipped ? undefined : queue.shift();
    if (queue.length > 0) this.#queues.set(network, queue);
    work?.();
  }
}
