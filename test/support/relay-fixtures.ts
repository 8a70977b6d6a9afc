import type { ExecutionContext } from 'ava';
import { Fleet } from '../../cloud-relay/fleet/fleet.js';
import { Presence } from '../../cloud-relay/fleet/presence.js';
import { SiteRegistry, type SiteRegistryOptions } from '../../cloud-relay/fleet/site-registry.js';
import type { Arrival } from '../../cloud-relay/ingest/arrival.js';
import type { Dropped, Summary, SummaryRecord } from '../../core/contract/summary.js';
import type { Clock } from '../../core/runtime/clock.js';
import { aSummary, connectedBus, log, relayDatabase, startBroker } from './delivery-fixtures.js';
import type { OpenRelayDatabase } from './relay-databases.js';

export const EPOCH = '6f0e3c0e-5b9b-4f0e-9a53-0d3bd0a3c001';

export const anArrival = (
  seq: number,
  { site = 'north', epoch = EPOCH, first = 1, summary = {} as Partial<Summary> } = {},
): Arrival<SummaryRecord> => ({
  site,
  record: { v: 1, epoch, seq, first, summary: aSummary(summary) },
  receivedAt: 5_000,
});

export const aDrop = (
  from: number,
  to: number,
  { site = 'north', first = 1, reason = 'bytes' as Dropped['reason'] } = {},
): Arrival => ({
  site,
  record: {
    v: 1,
    epoch: EPOCH,
    seq: to,
    first,
    dropped: { from, to, count: to - from + 1, reason },
  },
  receivedAt: 5_000,
});

/** A relay without its HTTP side, and a bus at the same broker to play the appliances. */
export async function startRelay(
  t: ExecutionContext,
  options: SiteRegistryOptions = { admitUnknown: true },
  clock?: Clock,
  openDatabase: OpenRelayDatabase = relayDatabase,
) {
  const { url } = await startBroker(t);
  const db = await openDatabase(t);
  const bus = await connectedBus(t, url);
  const appliances = await connectedBus(t, url);
  const registry = new SiteRegistry(db, options, log, clock);
  await registry.start();
  const presence = new Presence(bus, db, registry, log, clock);
  await presence.start();
  t.teardown(() => presence.stop());
  const fleet = new Fleet({ db, registry, presence, ...(clock && { clock }) });
  return { db, bus, appliances, registry, presence, fleet };
}
