export interface UplinkOptions {
  site: string;
  /** What acknowledges a row: the relay's acknowledgement or, if no relay listens, the broker's PUBACK. */
  settleOn: 'ack' | 'puback';
  /** The `fileIdentity` of the database, by which a restored copy is recognised. */
  identity?: string;
  /** Records in flight at most. */
  window?: number;
  /** If more summaries than this wait, new ones go first. */
  backlogThreshold?: number;
  /** Rate limit of those that wait; absent for none. */
  backlogPerSecond?: number | undefined;
  /** Age from which on a summary is sent as `historical`. */
  historicalAfterMs?: number;
  /** See `StallDetectorOptions`. */
  stallMs?: number;
  /** Time for the retained acknowledgement to arrive after a connection, before anything is sent. */
  graceMs?: number;
  /** A relay that acknowledges nothing for so long, while the broker is connected and summaries wait, is reported. */
  silentMs?: number;
}

export interface UplinkStatus {
  connected: boolean;
  epoch: string;
  /** Summaries that are not acknowledged. */
  depth: number;
  oldestSeconds: number | null;
  ackedSeq: number;
  lastSeq: number;
  inFlight: number;
  /** What is wrong with the relay, or why it holds summaries back, while the broker is connected. */
  problem: string | undefined;
  /** Times that another appliance was found to use the numbers of this outbox, since the start. */
  conflicts: number;
}
