/** Acknowledgements that were under way when a question was asked are not its answer. */
const ASK_AFTER_MS = 300;
/** So many answers in a row have to say the same. */
const CONFIRMATIONS = 2;

/** Believes an answer that is hard to believe only if it is given to several questions in a row. */
export class Doubt {
  #askedAt: number | undefined;
  #confirmations = 0;
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ask: () => void,
    private readonly now = () => performance.now(),
  ) {}

  /**
   * Such an answer has arrived, with the number that it names. Whether it is believed now; asks again if not. A relay's
   * number never falls, so a lower one than before contradicts it.
   */
  confirms(seq: number): boolean {
    const now = this.now();
    if (seq < this.#seq) this.#confirmations = -1;
    this.#seq = seq;
    if (this.#askedAt !== undefined) {
      if (now < this.#askedAt) return false;
      this.#confirmations++;
    }
    if (this.#confirmations >= CONFIRMATIONS) {
      this.clear();
      return true;
    }
    this.#askedAt = now + ASK_AFTER_MS;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), ASK_AFTER_MS).unref();
    return false;
  }

  /** Another answer has arrived, or the connection has ended. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#askedAt = undefined;
    this.#confirmations = 0;
    this.#seq = 0;
  }
}
