import { MAX_PAYLOAD_BYTES } from '../contract/topics.js';
import type { BufferLimits } from './client-sockets.js';
import type { AdmissionLimits } from './connection-admission.js';
import type { RetainedLimits } from './retained-ledger.js';
import type { SubscriptionLimits } from './subscription-ledger.js';

/** A message beyond the limits of retained messages is delivered, but not retained. */
export interface BrokerLimits
  extends RetainedLimits,
    AdmissionLimits,
    SubscriptionLimits,
    BufferLimits {
  /** A client that announces a larger packet is disconnected. The default allows for an annotated snapshot. */
  maxPacketBytes: number;
  /** The same before its login: CONNECT with a will. */
  maxPacketBytesBeforeLogin: number;
  /** The same for SUBSCRIBE, and for all packets of clients that publish no snapshots. */
  maxSubscribeBytes: number;
  /** Seconds; a client that asks for more, or for none, is refused. */
  maxKeepalive: number;
  /** A client that has not sent CONNECT by then is disconnected. */
  connectTimeoutMs: number;
  /** A client that has not read what waits for it by then is disconnected, because it would delay the others. */
  drainTimeoutMs: number;
}

const MEGABYTE = 1024 * 1024;

export const defaultLimits: BrokerLimits = {
  maxConnections: 2_000,
  maxConnectionsPerAddress: 1_000,
  maxPending: 512,
  maxPendingPerAddress: 64,
  maxPacketBytes: 4 * MAX_PAYLOAD_BYTES,
  maxPacketBytesBeforeLogin: 8 * 1024,
  maxBytesBeforeLogin: 64 * 1024,
  maxSubscribeBytes: 64 * 1024,
  maxIncomingBytes: 64 * MEGABYTE,
  maxQueuedBytes: 64 * MEGABYTE,
  maxQueuedBytesPerClient: 16 * MEGABYTE,
  // A dashboard subscribes to each topic of each camera: 256 cameras have some thousands.
  maxSubscriptions: 50_000,
  maxSubscriptionsPerClient: 5_000,
  maxSubscriptionsPerAddress: 25_000,
  maxTopicBytes: 1_024,
  maxRetained: 20_000,
  maxRetainedBytes: 256 * MEGABYTE,
  // For 256 cameras, with their discovery.
  maxRetainedPerSite: 1_500,
  maxRetainedBytesPerSite: 32 * MEGABYTE,
  maxRetainedPerAddress: 10_000,
  maxRetainedBytesPerAddress: 128 * MEGABYTE,
  maxKeepalive: 600,
  connectTimeoutMs: 10_000,
  loginTimeoutMs: 30_000,
  drainTimeoutMs: 15_000,
  stallTimeoutMs: 10_000,
};
