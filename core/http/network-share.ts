import type { Connection } from './connection.js';

/** The connections of one network. Each set is in the order in which they became so. */
export class NetworkShare {
  /** Bytes of responses in memory. */
  held = 0;
  readonly #all = new Set<Connection>();
  readonly #idle = new Set<Connection>();
  readonly #stalled = new Set<Connection>();

  get size(): number {
    return this.#all.size;
  }

  get queued(): number {
    let bytes = 0;
    for (const connection of this.#all) bytes += connection.queued;
    return bytes;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    this.#idle.add(connection);
    this.held += connection.held;
  }

  remove(connection: Connection): void {
    this.#all.delete(connection);
    this.#idle.delete(connection);
    this.#stalled.delete(connection);
    this.held -= connection.held;
  }

  working(connection: Connection): void {
    this.#idle.delete(connection);
  }

  mark(connection: Connection, isStalled: boolean): void {
    if (isStalled) this.#stalled.add(connection);
    else this.#stalled.delete(connection);
  }

  find(fits: (connection: Connection) => boolean): Connection | undefined {
    for (const connection of this.#all) if (fits(connection)) return connection;
    return undefined;
  }

  /** One whose client does nothing: it has no request, or it has stalled. The longest first. */
  leastUseful(): Connection | undefined {
    const [idle] = this.#idle;
    return idle ?? this.stalled();
  }

  /** The one whose client has stalled longest; never `except`. */
  stalled(except?: Connection): Connection | undefined {
    for (const connection of this.#stalled) if (connection !== except) return connection;
    return undefined;
  }

  /** The oldest whose responses are in memory. */
  holding(): Connection | undefined {
    return this.find(({ held }) => held > 0);
  }

  oldest(): Connection | undefined {
    const [oldest] = this.#all;
    return oldest;
  }
}
