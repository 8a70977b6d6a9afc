import { createHash } from 'node:crypto';

/** Payloads of a topic that are remembered: as many as a broker may have missed since it last wrote to its disk. */
const MAX_REMEMBERED = 64;
const MAX_TOPICS = 1_024;

/**
 * What this program has published lately, on all of its connections together: two of them may lead to the same broker.
 */
export class OwnMessages {
  readonly #digests = new Map<string, string[]>();

  add(topic: string, payload: string): void {
    const digests = this.#digests.get(topic) ?? [];
    const digest = digestOf(payload);
    if (digests.at(-1) !== digest) digests.push(digest);
    if (digests.length > MAX_REMEMBERED) digests.shift();
    this.#digests.delete(topic);
    this.#digests.set(topic, digests);
    if (this.#digests.size <= MAX_TOPICS) return;
    const [oldest] = this.#digests.keys();
    if (oldest !== undefined) this.#digests.delete(oldest);
  }

  has(topic: string, payload: string): boolean {
    return this.#digests.get(topic)?.includes(digestOf(payload)) ?? false;
  }

  /** Whether anything was published there. */
  knows(topic: string): boolean {
    return this.#digests.has(topic);
  }
}

const digestOf = (payload: string): string =>
  createHash('sha256').update(payload).digest('base64').slice(0, 16);
