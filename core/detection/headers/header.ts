/** What the header of an image of one kind says. */
export interface Header<Kind extends string> {
  kind: Kind;
  /** Pixels as stored, before EXIF orientation. */
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8; 1 if there is none. */
  orientation: number;
  /** Several frames of a kind of which no decoder here takes one. */
  animated: boolean;
  /** Why decoding takes far more work than an image of this size needs, if it does. */
  excess?: string;
}

/** Segments or chunks that are read at most: a file of nothing else must not keep the process busy. */
export const MAX_PARTS = 4096;
