/** The images that an appliance keeps, as far as their bounds are concerned. What is spared is never removed. */
export interface RetainedImages {
  /** What originals and processed images take up on disk. Asked before each snapshot, so it must be cheap. */
  usedBytes(): Promise<number>;
  /** What is free on the disk, as well as is known. Cheap, too. */
  freeBytes(): Promise<number>;
  /** Removes at most `limit` images, from cameras or uploaded, that were made before `ms` (since the epoch). Returns how many. */
  removeOlderThan(ms: number, limit: number): Promise<number>;
  /** Removes at most `limit` camera snapshots, the oldest first; uploads stay. Returns how many. */
  removeOldest(limit: number): Promise<number>;
  /** Removes at most `limit` processed forms of images made before `ms`; they can be made anew. Returns how many. */
  removeProcessedOlderThan(ms: number, limit: number): Promise<number>;
}

/** Rows that have an age, or a bound on their number. */
export interface RetainedRows {
  /** For the log, e.g. `sightings`. */
  name: string;
  /** Removes at most `limit` that are past their bound. Returns how many. */
  removeSome(limit: number): Promise<number>;
}
