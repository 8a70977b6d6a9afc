/** A connection that lasted no longer was ended at once. */
const SHORT_MS = 10_000;
const WITHIN_MS = 60_000;
const SUSPICIOUS = 3;

/** What stands in the error of a bus whose connections are ended so. */
export const SAME_ID = 'another client may use the same';

/** Notices connections that a broker accepts and ends again and again, as it does with two clients of one id. */
export class ShortConnections {
  /** Ends of the latest short ones; at most as many as make it suspicious. */
  #ends: number[] = [];

  /** Takes the end, by the broker, of a connection; whether there were too many short ones lately. Milliseconds. */
  ended(openedAt: number, now: number): boolean {
    if (now - openedAt <= SHORT_MS) this.#ends = [...this.#ends, now].slice(-SUSPICIOUS);
    const [first = now] = this.#ends;
    return this.#ends.length === SUSPICIOUS && now - first <= WITHIN_MS;
  }
}
