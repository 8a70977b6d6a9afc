import { ProblemError } from '../runtime/errors.js';
import { networkOf } from './guards.js';

export interface UploadLimits {
  /** Bytes of one file. */
  maxBytes: number;
  /** Bytes of all uploads that are being received or analysed at one time; one address may have half of them. */
  maxBytesUnderWay: number;
}

/** The place of one upload in the memory that there is for all. */
export interface UploadReservation {
  /** Counts bytes that have come. Throws `uploads_full` where they do not fit. */
  take(bytes: number): void;
  leave(): void;
}

/**
 * The memory that a process has for uploads. Bytes count from when they come, since what a client only announces takes
 * no room. An upload that is alone is never refused.
 */
export class UploadBudget {
  #bytes = 0;
  readonly #byNetwork = new Map<string, number>();

  constructor(readonly limits: UploadLimits) {}

  /** Of all uploads that are under way. */
  get bytes(): number {
    return this.#bytes;
  }

  enter(ip: string): UploadReservation {
    const network = networkOf(ip);
    let own = 0;
    return {
      take: (bytes) => {
        this.#check(network, own, bytes);
        own += bytes;
        this.#count(network, bytes);
      },
      leave: () => {
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
