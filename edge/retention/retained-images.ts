/** The images that an appliance keeps, and how they are removed. Protected ones never are. */
export interface RetainedImages {
  /** Removes at most `limit` images, from cameras or uploaded, that were made before `ms` (since the epoch). Returns how many. */
  removeOlderThan(ms: number, limit: number): Promise<number>;
  /** Removes at most `limit` camera snapshots, the oldest first; uploads stay. Returns how many. */
  removeOldest(limit: number): Promise<number>;
  /** Removes at most `limit` processed images whose originals were made before `ms`; they can be made again. Returns how many. */
  removeProcessedOlderThan(ms: number, limit: number): Promise<number>;
}

/** Rows with a bound on their age or their number. */
export interface RetainedRows {
  /** For the log, e.g. `sightings`. */
  name: string;
  /** Removes at most `limit` that exceed their bound. Returns how many. */
  removeSome(limit: number): Promise<number>;
}
