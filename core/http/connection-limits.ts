/** What the connections of an HTTP server may take, in all and of one network. */
export interface ConnectionLimits {
  /** In all. */
  connections: number;
  /** Of one network. */
  connectionsEach: number;
  /** Bytes of responses that wait for their clients, in all and for one network. */
  bytes: number;
  bytesEach: number;
  /** Bytes of responses from memory that one network may ask for in a second. */
  bytesPerSecondEach: number;
  /** A client that takes or sends nothing for this long loses its connection. */
  stalledMs: number;
  /** Requests that one connection may send ahead of its responses. */
  pipelined: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  connections: 1_024,
  connectionsEach: 256,
  bytes: 64_000_000,
  bytesEach: 16_000_000,
  bytesPerSecondEach: 16_000_000,
  stalledMs: 30_000,
  pipelined: 16,
};
