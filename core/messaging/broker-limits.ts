import { MAX_PAYLOAD_BYTES } from '../contract/topics.js';
import type { RetainedLimits } from './retained-ledger.js';

/** A message beyond the limits of retained messages is delivered, but not retained. */
export interface BrokerLimits extends RetainedLimits {
  /** Further connections are dropped. */
  maxConnections: number;
  /** A client that announces a larger packet is disconnected. The default allows for an annotated snapshot. */
  maxPacketBytes: number;
  /** Seconds; a client that asks for more, or for none, is refused. */
  maxKeepalive: number;
  /** A client that has not sent CONNECT by then is disconnected. */
  connectTimeoutMs: number;
  /** A client that reads nothing for this long is disconnected, because it would delay the others. */
  drainTimeoutMs: number;
}

export const defaultLimits: BrokerLimits = {
  maxConnections: 2_000,
  maxPacketBytes: 4 * MAX_PAYLOAD_BYTES,
  maxRetained: 20_000,
  maxRetainedBytes: 256 * 1024 * 1024,
  // For 256 cameras, with their discovery.
  maxRetainedPerSite: 1_500,
  maxRetainedBytesPerSite: 32 * 1024 * 1024,
  maxKeepalive: 600,
  connectTimeoutMs: 10_000,
  drainTimeoutMs: 15_000,
};
