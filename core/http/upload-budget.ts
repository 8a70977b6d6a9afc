import { ProblemError } from '../runtime/errors.js';
import { networkOf } from './guards.js';

export interface UploadLimits {
  /** Bytes of one file. */
  maxBytes: number;
  /** Bytes of all uploads that are received or analysed at the same time; one address may use half of them. */
  maxBytesUnderWay: number;
}

/** The part of the budget that one upload uses. */
export interface UploadReservation {
  /** Counts bytes that have arrived. Throws `uploads_full` if they do not fit. */
  add(bytes: number): void;
  release(): void;
}

/**
 * The memory that a process has for uploads. Bytes count once they arrive, since an announced length uses no memory.
 * A single upload is never refused.
 */
export class UploadBudget {
  #bytes = 0;
  readonly #byNetwork = new Map<string, number>();

  constructor(readonly limits: UploadLimits) {}

  /** Bytes of all uploads in progress. */
  get bytes(): number {
    return this.#bytes;
  }

  reserve(ip: string): UploadReservation {
    const network = networkOf(ip);
    let own = 0;
    return {
      add: (bytes) => {
        this.#check(network, own, bytes);
        own += bytes;
        this.#count(network, bytes);
      },
      release: () => {
        this.#count(network, -own);
        own = 0;
      },
    };
  }

  #check(network: string, own: number, more: number): void {
    const { maxBytesUnderWay } = this.limits;
    const ofNetwork = this.#byNetwork.get(network) ?? 0;
    const isFull = (bytes: number, most: number) => bytes > own && bytes + more > most;
    if (isFull(ofNetwork, maxBytesUnderWay / 2))
      throw full('Too many uploads from this address are under way.');
    if (isFull(this.#bytes, maxBytesUnderWay)) throw full('Too many uploads are under way.');
  }

  #count(network: string, bytes: number): void {
    this.#bytes += bytes;
    const ofNetwork = (this.#byNetwork.get(network) ?? 0) + bytes;
    if (ofNetwork > 0) this.#byNetwork.set(network, ofNetwork);
    else this.#byNetwork.delete(network);
  }
}

const full = (detail: string) => new ProblemError('uploads_full', detail, { retryAfter: 1 });
