export interface UplinkOptions {
  site: string;
  /** What settles a row: the relay's acknowledgement or, where no relay listens, the broker's PUBACK. */
  settleOn: 'ack' | 'puback';
  /** Tells the database's file from a copy of it; see `fileIdentity`. */
  identity?: string;
  /** Records that may be under way unsettled. */
  window?: number;
  /** With more than so many waiting, new summaries go first. */
  backlogThreshold?: number;
  /** Cap on what goes behind them; absent for none. */
  backlogPerSecond?: number | undefined;
  /** Age from which on a summary is sent as old news. */
  historicalAfterMs?: number;
  /** A record that the broker took and nobody settled goes again after so long; up to four times as long while it lasts. */
  stallMs?: number;
  /** Time for the retained acknowledgement to arrive after a connection, before anything is sent. */
  graceMs?: number;
}

export interface UplinkStatus {
  connected: boolean;
  epoch: string;
  /** Summaries that are not settled. */
  depth: number;
  oldestSeconds: number | null;
  ackedSeq: number;
  lastSeq: number;
  inFlight: number;
}
