import type { ExecutionContext } from 'ava';
import { Fleet } from '../../cloud-relay/fleet/fleet.js';
import { Presence } from '../../cloud-relay/fleet/presence.js';
import { SiteRegistry, type SiteRegistryOptions } from '../../cloud-relay/fleet/site-registry.js';
import type { Clock } from '../../core/runtime/clock.js';
import { startBroker } from './broker.js';
import { log, relayDatabase } from './delivery-fixtures.js';
import { connectedBus } from './message-bus.js';
import type { OpenRelayDatabase } from './relay-databases.js';

/** What a relay knows of its sites, without ingest and HTTP, and a second bus that stands in for the appliances. */
export async function startFleet(
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
  const fleet = new Fleet({ db, registry, presence, log, ...(clock && { clock }) });
  return { db, bus, appliances, registry, presence, fleet };
}
