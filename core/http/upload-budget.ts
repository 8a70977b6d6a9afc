import { addressGroup } from '../runtime/address-group.js';
import { ProblemError } from '../runtime/errors.js';

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
  /** While its body is read, the upload may lose its place; `end` is then called with `uploads_full`. */
  reading(end: (error: unknown) => void): void;
  /** Its body has arrived: it keeps its place. */
  received(): void;
  release(): void;
}

/** An upload of which fewer bytes arrive in this time has stalled. */
const STALLED_MS = 2_000;
const PROGRESS_BYTES = 16_384;
/** An upload that takes longer gives its place to others. */
const LONG_MS = 10_000;

interface Upload {
  network: string;
  bytes: number;
  startedAt: number;
  /** When enough bytes had arrived for the last time, and how many there were. */
  mark: { at: number; bytes: number };
  end?: ((error: unknown) => void) | undefined;
}

/**
 * The memory that a process has for uploads. Bytes count once they arrive, since an announced length uses no memory.
 * A single upload is never refused. If the memory is full, an upload that has stalled, or takes long, loses its place.
 */
export class UploadBudget {
  #bytes = 0;
  readonly #byNetwork = new Map<string, number>();
  readonly #uploads = new Set<Upload>();

  constructor(
    readonly limits: UploadLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Bytes of all uploads in progress. */
  get bytes(): number {
    return this.#bytes;
  }

  reserve(ip: string): UploadReservation {
    const at = this.now();
    const upload: Upload = {
      network: addressGroup(ip),
      bytes: 0,
      startedAt: at,
      mark: { at, bytes: 0 },
    };
    this.#uploads.add(upload);
    return {
      add: (bytes) => this.#add(upload, bytes),
      reading: (end) => {
        upload.end = end;
      },
      received: () => {
        upload.end = undefined;
      },
      release: () => this.#release(upload),
    };
  }

  #add(upload: Upload, more: number): void {
    const { maxBytesUnderWay } = this.limits;
    const isFull = (bytes: number, most: number) => bytes > upload.bytes && bytes + more > most;
    const { network } = upload;
    while (isFull(this.#ofNetwork(network), maxBytesUnderWay / 2))
      if (!this.#endOne(upload, (other) => other.network === network))
        throw full('Too many uploads from this address are under way.');
    while (isFull(this.#bytes, maxBytesUnderWay))
      if (!this.#endOne(upload)) throw full('Too many uploads are under way.');
    this.#count(upload, more);
    const now = this.now();
    if (upload.bytes - upload.mark.bytes >= PROGRESS_BYTES)
      upload.mark = { at: now, bytes: upload.bytes };
  }

  /** Ends the upload that has stalled longest, or that is read for longest. False if there is none to end. */
  #endOne(except: Upload, fits: (upload: Upload) => boolean = () => true): boolean {
    const now = this.now();
    let worst: Upload | undefined;
    let longest = 0;
    for (const upload of this.#uploads) {
      if (upload === except || !upload.end || upload.bytes === 0 || !fits(upload)) continue;
      const stalledMs = now - upload.mark.at;
      const isLong = now - upload.startedAt >= LONG_MS;
      if (stalledMs < STALLED_MS && !isLong) continue;
      if (!worst || stalledMs > longest) [worst, longest] = [upload, stalledMs];
    }
    if (!worst) return false;
    const { end } = worst;
    this.#release(worst);
    end?.(full('The upload was too slow, and others needed its memory.'));
    return true;
  }

  #ofNetwork = (network: string): number => this.#byNetwork.get(network) ?? 0;

  #release(upload: Upload): void {
    this.#count(upload, -upload.bytes);
    this.#uploads.delete(upload);
    upload.end = undefined;
  }

  #count(upload: Upload, bytes: number): void {
    upload.bytes += bytes;
    this.#bytes += bytes;
    const ofNetwork = this.#ofNetwork(upload.network) + bytes;
    if (ofNetwork > 0) this.#byNetwork.set(upload.network, ofNetwork);
    else this.#byNetwork.delete(upload.network);
  }
}

const full = (detail: string) => new ProblemError('uploads_full', detail, { retryAfter: 1 });
