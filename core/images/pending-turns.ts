import { type JobOrigin, OWN_ORIGIN } from '../detection/detection.js';

/** Images that are analysed later, in an order that is fair to their clients. Those of an earlier run have none. */
export class PendingTurns {
  /** The images that wait, by client; the client whose turn it is comes first. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #clients = new Map<string, JobOrigin>();

  add(image: string, client: JobOrigin): void {
    const waiting = this.#waiting.get(client.id) ?? new Set();
    this.#waiting.set(client.id, waiting.add(image));
    this.#clients.set(image, client);
  }

  countOf({ id }: JobOrigin): number {
    return this.#waiting.get(id)?.size ?? 0;
  }

  /** The oldest image of the client whose turn it is, which then has the last turn. */
  next(): string | undefined {
    for (const [client, waiting] of this.#waiting) {
      const [image] = waiting;
      this.#waiting.delete(client);
      if (image === undefined) continue;
      this.#waiting.set(client, waiting);
      return image;
    }
    return undefined;
  }

  clientOf(image: string): JobOrigin {
    return this.#clients.get(image) ?? OWN_ORIGIN;
  }

  /** It waits no more. */
  begin(image: string): void {
    const client = this.#clients.get(image);
    if (client) this.#waiting.get(client.id)?.delete(image);
  }

  /** Its analysis ended. */
  end(image: string): void {
    this.#clients.delete(image);
  }
}
