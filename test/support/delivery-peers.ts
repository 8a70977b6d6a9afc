import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Fleet } from '../../cloud-relay/fleet/fleet.js';
import { siteGaps } from '../../cloud-relay/fleet/gaps.js';
import { Presence } from '../../cloud-relay/fleet/presence.js';
import { SiteRegistry } from '../../cloud-relay/fleet/site-registry.js';
import { Ingest } from '../../cloud-relay/ingest/ingest.js';
import { systemClock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/runtime/logger.js';
import { fileIdentity } from '../../edge/store/file-identity.js';
import { defaultBudget, Outbox } from '../../edge/store/outbox.js';
import { Uplink } from '../../edge/uplink/uplink.js';
import type { UplinkOptions } from '../../edge/uplink/uplink-options.js';
import {
  appendSummaries,
  log,
  openOutboxDatabase,
  openRelayDatabase,
} from './delivery-fixtures.js';
import { eventually } from './eventually.js';
import { createBus } from './message-bus.js';
import { temporaryFolder } from './temporary-folder.js';

/** A relay's ingest on a database file, which can be stopped and started with another file. */
export async function startRelay(t: ExecutionContext, url: string, file: string, relayLog = log) {
  const { db, sqlite, close } = await openRelayDatabase(file);
  const bus = createBus(t, url);
  const registry = new SiteRegistry(db, { admitUnknown: true }, relayLog);
  const presence = new Presence(bus, db, registry, relayLog);
  const ingest = new Ingest(bus, db, registry, relayLog);
  await registry.start();
  await ingest.start();
  await bus.start();
  let isOpen = true;
  const stop = async () => {
    if (!isOpen) return;
    isOpen = false;
    await bus.stop();
    await ingest.stop();
    await close();
  };
  t.teardown(stop);
  await eventually(() => bus.connected);
  return {
    ...{ db, sqlite, bus, registry, ingest, stop },
    fleet: new Fleet({ db, registry, presence, log }),
    snapshots: async () =>
      (await db.selectFrom('summary').select('snapshot').execute()).map((row) => row.snapshot),
    gaps: async (site = 'north') =>
      (await siteGaps(db, site)).gaps.map(({ kind, from, to }) => ({ kind, from, to })),
  };
}

export interface ApplianceOptions extends Partial<UplinkOptions> {
  file?: string;
  keptMs?: number;
  maxBytes?: number;
  log?: Logger;
}

/** An appliance's outbox and uplink, with a birth message as it sends it. */
export async function startAppliance(
  t: ExecutionContext,
  url: string,
  {
    file,
    keptMs = 86_400_000,
    maxBytes = 2 ** 30,
    log: ownLog = log,
    ...more
  }: ApplianceOptions = {},
) {
  const path = file ?? join(await temporaryFolder(t), 'edge.db');
  const { site = 'north' } = more;
  const { db, sqlite, close } = await openOutboxDatabase(path);
  const outbox = new Outbox(db, systemClock, { ...defaultBudget, maxBytes, keptMs });
  const bus = createBus(t, url, {
    birth: { topic: 'siteAvailability', names: { site }, payload: 'online' },
  });
  const identity = await fileIdentity(path);
  const options = { site, settleOn: 'ack', identity, graceMs: 50, stallMs: 300, ...more } as const;
  const uplink = new Uplink(bus, outbox, options, ownLog);
  await uplink.start();
  await bus.start();
  let isOpen = true;
  const stop = async () => {
    if (!isOpen) return;
    isOpen = false;
    await uplink.stop();
    await bus.stop();
    await close();
  };
  t.teardown(stop);
  const produce = async (count: number) => {
    const snapshots = await appendSummaries(db, outbox, count);
    uplink.wake();
    return snapshots;
  };
  const isDelivered = async () => {
    const { ackedSeq, lastSeq, summaries } = await outbox.state();
    return ackedSeq === lastSeq && summaries === 0;
  };
  const delivered = () => eventually('everything is acknowledged', isDelivered);
  return { path, db, sqlite, outbox, bus, uplink, stop, produce, delivered };
}
