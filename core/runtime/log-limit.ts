export interface LogLimits {
  /** Messages of one kind at once, and then in a second. */
  burst: number;
  perSecond: number;
  /** The same for messages of all kinds. */
  totalBurst: number;
  totalPerSecond: number;
}

const LIMITS: LogLimits = { burst: 200, perSecond: 20, totalBurst: 2_000, totalPerSecond: 100 };

/** Kinds that are remembered. Beyond this the oldest is forgotten: there are far fewer messages in the program. */
const MAX_KINDS = 1_000;
const KIND_CHARACTERS = 80;

/** How many messages of a kind were not logged. */
export interface LeftOut {
  kind: string;
  count: number;
}

interface Bucket {
  left: number;
  at: number;
  leftOut: number;
}

/**
 * The kind of a message: its text without the parts that differ from one to the next, such as names in quotes, numbers,
 * and the reason behind a colon.
 */
export const kindOf = (message: string): string =>
  message
    .slice(0, 2 * KIND_CHARACTERS)
    .replace(/[:;].*$/s, '')
    .replace(/"[^"]*"?/g, '"…"')
    .replace(/\d+/g, '#')
    .slice(0, KIND_CHARACTERS);

/** Limits how often messages of one kind, and all together, are logged, and counts the others. */
export class LogLimit {
  readonly #limits: LogLimits;
  readonly #kinds = new Map<string, Bucket>();
  readonly #total: Bucket;

  constructor(
    limits: Partial<LogLimits> = {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#limits = { ...LIMITS, ...limits };
    this.#total = { left: this.#limits.totalBurst, at: now(), leftOut: 0 };
  }

  /** Whether a message may be logged; otherwise it is counted. */
  admits(message: string): boolean {
    const { burst, perSecond, totalBurst, totalPerSecond } = this.#limits;
    const bucket = this.#bucket(kindOf(message));
    const isAdmitted =
      this.#fill(bucket, burst, perSecond) >= 1 &&
      this.#fill(this.#total, totalBurst, totalPerSecond) >= 1;
    if (!isAdmitted) {
      bucket.leftOut += 1;
      return false;
    }
    bucket.left -= 1;
    this.#total.left -= 1;
    return true;
  }

  /** What was left out since the last call, the most frequent first. */
  takeLeftOut(): LeftOut[] {
    const leftOut: LeftOut[] = [];
    for (const [kind, bucket] of this.#kinds) {
      if (bucket.leftOut > 0) leftOut.push({ kind, count: bucket.leftOut });
      bucket.leftOut = 0;
    }
    if (this.#total.leftOut > 0) leftOut.push({ kind: 'others', count: this.#total.leftOut });
    this.#total.leftOut = 0;
    return leftOut.sort((a, b) => b.count - a.count);
  }

  #bucket(kind: string): Bucket {
    const known = this.#kinds.get(kind);
    if (known) return known;
    const [oldest] = this.#kinds;
    if (this.#kinds.size >= MAX_KINDS && oldest) {
      this.#kinds.delete(oldest[0]);
      this.#total.leftOut += oldest[1].leftOut;
    }
    const bucket = { left: this.#limits.burst, at: this.now(), leftOut: 0 };
    this.#kinds.set(kind, bucket);
    return bucket;
  }

  #fill(bucket: Bucket, most: number, perSecond: number): number {
    const now = this.now();
    bucket.left = Math.min(most, bucket.left + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    return bucket.left;
  }
}
