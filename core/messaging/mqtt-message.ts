export interface OutgoingMessage {
  topic: string;
  payload: string | Uint8Array;
  qos: 0 | 1;
  retain: boolean;
}

export interface IncomingMessage {
  topic: string;
  payload: Buffer;
  retained: boolean;
}

/** What the handlers of a message still have to do. */
export interface Dispatched {
  /** Resolves when the last handler has ended; undefined if all have. */
  handled: Promise<unknown> | undefined;
  /** If set, nothing further may be read before it resolves. */
  readOn: Promise<unknown> | undefined;
}
