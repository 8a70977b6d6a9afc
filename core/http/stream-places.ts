import { addressGroup } from '../runtime/address-group.js';
import { ProblemError } from '../runtime/errors.js';

export interface PlaceLimits {
  /** Streams in all. */
  all: number;
  /** Streams of one network. */
  each: number;
}

/** Bounds how many streams are open, in all and for each network. */
export class StreamPlaces<Client extends { end(): void }> {
  /** Each with the network of its address. */
  readonly #clients = new Map<Client, string>();
  #isClosed = false;

  constructor(
    /** For the caller, e.g. `event streams`. */
    private readonly what: string,
    private readonly limits: PlaceLimits,
  ) {}

  get size(): number {
    return this.#clients.size;
  }

  /** The clients that have a place. */
  clients(): Iterable<Client> {
    return this.#clients.keys();
  }

  /** Throws `streams_full`, or `shutting_down` after `close`. Call it before anything is made for a client. */
  check(address: string): void {
    const { all, each } = this.limits;
    const network = addressGroup(address);
    if (this.#isClosed) throw new ProblemError('shutting_down', 'The service is stopping.');
    if (this.#clients.size >= all) throw full(`${all} ${this.what} are open.`);
    if ([...this.#clients.values()].filter((other) => other === network).length >= each)
      throw full(`${each} ${this.what} of this address are open.`);
  }

  /** Throws as `check`. The place is free again after `leave`. */
  take(client: Client, address: string): void {
    this.check(address);
    this.#clients.set(client, addressGroup(address));
  }

  leave(client: Client): void {
    this.#clients.delete(client);
  }

  /** Ends all of them, and takes no more. */
  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients.keys()) client.end();
  }
}

const full = (reason: string) =>
  new ProblemError('streams_full', `${reason} Close one, or retry later.`, { retryAfter: 10 });
