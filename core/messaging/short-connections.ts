/** Connections up to this long count as short. */
const SHORT_MS = 10_000;
const WITHIN_MS = 60_000;
/** Short connections within `WITHIN_MS` that are suspicious. */
const SUSPICIOUS = 3;

/** Part of the error of a bus whose id a second client may use; the doctor looks for it. */
export const SAME_ID = 'another client may use the same';

/** Detects connections that repeatedly end soon after the broker accepted them, as with two clients of one id. */
export class ShortConnections {
  /** When the latest short connections ended; at most `SUSPICIOUS` of them. */
  #ends: number[] = [];

  /** Records a connection that was ended, in milliseconds. True if there were too many short ones recently. */
  ended(openedAt: number, now: number): boolean {
    if (now - openedAt <= SHORT_MS) this.#ends = [...this.#ends, now].slice(-SUSPICIOUS);
    const [first = now] = this.#ends;
    return this.#ends.length === SUSPICIOUS && now - first <= WITHIN_MS;
  }
}
