/** What the tracker writes. */
export interface TrackedRow {
  id: string;
  camera: string;
  label: string;
  detector: string;
  state: 'present' | 'static' | 'left';
  started_at: number;
  last_seen_at: number;
  /** null while the object is present. */
  ended_at: number | null;
  /** When the snapshot was taken by which it counts as left. */
  left_at: number | null;
  best_image: string;
  /** Of the best snapshot. */
  confidence: number;
  /** Names of the zones that it has been in, as a JSON array. */
  zones: string;
  /** The state of the tracker for this object, as JSON. */
  track: string;
}

export interface SightingRow extends TrackedRow {
  /** null if nobody has marked it as wrong. */
  marked_at: number | null;
  marked_by: string | null;
  mark_note: string | null;
  /** 1 if the retention keeps the best picture for the mark. */
  picture_kept: number;
  /** When that picture would have expired. */
  picture_expires_at: number | null;
}

export interface SightingTables {
  sighting: SightingRow;
}
