import type { JobOrigin } from '../detection/detection.js';

/** What clients may use of the workers and of the disk. Each call throws `rate_limited` if that is used up. */
export interface UploadQuota {
  /** Before anything is done for a client. */
  check(client: JobOrigin): void;
  /** Before so many bytes are stored for a client. Returns what gives them back if they are not. */
  store(client: JobOrigin, bytes: number): () => void;
}

export const noQuota: UploadQuota = { check: () => {}, store: () => () => {} };
