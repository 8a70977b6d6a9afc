import { MAX_PENDING } from '../../cloud-relay/ingest/ingest.js';

/** How a relay connects to Mosquitto, and the group in which it takes the records. */
export const relayConnection = (url: string) => ({
  url,
  root: 'siteglass',
  shareGroup: 'siteglass-relay',
  clientId: `relay-${process.pid}`,
  protocolVersion: 5 as const,
  receiveMaximum: MAX_PENDING,
});
