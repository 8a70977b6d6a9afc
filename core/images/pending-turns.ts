import { type JobOrigin, OWN_ORIGIN } from '../detection/detection.js';
import { RoundRobin } from '../runtime/round-robin.js';

/** Images that are analysed later, in an order that is fair to their clients. Those of an earlier run have none. */
export class PendingTurns {
  /** The images that wait, by client. */
  readonly #waiting = new RoundRobin<string>();
  readonly #clients = new Map<string, JobOrigin>();

  add(image: string, client: JobOrigin): void {
    this.#waiting.add(client.id, image);
    this.#clients.set(image, client);
  }

  countOf({ id }: JobOrigin): number {
    return this.#waiting.sizeOf(id);
  }

  /** The oldest image of the client whose turn it is, which then has the last turn. */
  next(): string | undefined {
    return this.#waiting.next()?.item;
  }

  clientOf(image: string): JobOrigin {
    return this.#clients.get(image) ?? OWN_ORIGIN;
  }

  /** It is analysed, or gone. Until then it keeps its place: an analysis may fail for now. */
  end(image: string): void {
    const client = this.#clients.get(image);
    if (client) this.#waiting.remove(client.id, image);
    this.#clients.delete(image);
  }
}
