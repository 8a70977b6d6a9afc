import type { MessageBus } from '../../core/messaging/message-bus.js';
import type { Clock } from '../../core/runtime/clock.js';
import { toIsoString } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { EdgeConfig } from '../config.js';
import type { HealthPart, SiteHealth } from '../health/site-health.js';
import type { EdgeEvents } from '../pipeline/edge-events.js';
import type { Storage } from '../retention/create-storage.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { fileIdentity } from '../store/file-identity.js';
import type { Outbox } from '../store/outbox.js';
import { DeliveryHealth } from './delivery-health.js';
import { OutboxTrimmer } from './outbox-trimmer.js';
import { Uplink } from './uplink.js';

/** The outbox on its way to the relay. */
export interface RelayUplink {
  uplink: Uplink;
  /** To be started before the connection, which they listen for. */
  services: Service[];
}

export interface UplinkParts {
  mqtt: NonNullable<EdgeConfig['mqtt']>;
  bus: MessageBus;
  storage: Storage;
  /** The file whose identity shows whether this database is a restored copy. */
  databaseFile: string;
}

/** Subscribes to `events`; registers with `health` when the relay last acknowledged something, and what is wrong. */
export async function createUplink(
  { config, log, clock }: EdgeDependencies,
  { mqtt, bus, storage, databaseFile }: UplinkParts,
  events: EdgeEvents,
  health: SiteHealth,
): Promise<RelayUplink> {
  const { outbox, steadyTime } = storage;
  const { maxBytes: _, maxAgeMs: __, keptMs: ___, ...sending } = config.outbox;
  const component = log.child({ component: 'uplink' });
  const uplink = new Uplink(
    bus,
    outbox,
    {
      site: config.site,
      settleOn: mqtt.settleOn === 'relay' ? 'ack' : 'puback',
      identity: await fileIdentity(databaseFile),
      ...sending,
    },
    component,
    steadyTime.now,
  );
  const trimmer = new OutboxTrimmer(outbox, () => uplink.wake(), component);
  events.on('snapshotRecorded', () => uplink.wake());
  const lastSync = new LastSync(outbox, clock);
  health.register(() => lastSync.condition());
  const delivery = new DeliveryHealth(outbox, uplink);
  // What was counted before this start is over.
  await delivery.condition();
  health.register(() => delivery.condition());
  return { uplink, services: [trimmer, uplink] };
}

/** Notices an acknowledgement with the next health report, so its time is known to the minute. */
class LastSync {
  #acknowledged: number | undefined;
  #at: number | undefined;

  constructor(
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async condition(): Promise<HealthPart> {
    const { ackedSeq } = await this.outbox.state();
    if (this.#acknowledged !== undefined && ackedSeq > this.#acknowledged) this.#at = this.clock();
    this.#acknowledged = ackedSeq;
    return { lastSyncAt: this.#at === undefined ? null : toIsoString(this.#at) };
  }
}
