/** The images that an appliance keeps, as far as their bounds are concerned. */
export interface RetainedImages {
  /** What originals and processed images take up on disk. Asked before each snapshot, so it must be cheap. */
  usedBytes(): Promise<number>;
  /** Removes at most `limit` images, from cameras or uploaded, that were made before `ms` (since the epoch). Returns how many. */
  removeOlderThan(ms: number, limit: number): Promise<number>;
  /** Removes at most `limit` camera snapshots, the oldest first; uploads stay. Returns how many. */
  removeOldest(limit: number): Promise<number>;
}
