import type { Kysely } from 'kysely';
import type { Tls } from '../../core/http/tls/create-tls.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { SteadyTime } from '../../core/runtime/steady-time.js';
import type { RelayConfig } from '../config.js';
import { CutOffWatch } from '../fleet/cut-off-watch.js';
import { enrolmentPlace } from '../fleet/enrolment-place.js';
import { Enrolments } from '../fleet/enrolments.js';
import { Fleet } from '../fleet/fleet.js';
import { FleetOverview } from '../fleet/fleet-overview.js';
import { Presence } from '../fleet/presence.js';
import { SiteCameras } from '../fleet/site-cameras.js';
import { SiteRegistry } from '../fleet/site-registry.js';
import type { RelayTables } from '../store/relay-tables.js';
import { Ingest } from './ingest.js';
import { createRelayBroker } from './relay-broker.js';
import { SummaryRetention } from './summary-retention.js';

export interface SiteDependencies {
  config: RelayConfig;
  log: Logger;
  clock: Clock;
  steadyTime: SteadyTime;
  db: Kysely<RelayTables>;
  tls: Tls;
  /** How clients know the certificate of this relay. */
  ownPin: Parameters<typeof enrolmentPlace>[1];
}

export type Sites = ReturnType<typeof createSites>;

/** The broker, and what is known and received of the sites. */
export function createSites({ config, log, clock, steadyTime, db, tls, ownPin }: SiteDependencies) {
  const tlsOptions = {
    source: tls.certificates,
    isPlainTextAllowed: tls.isPlainMqttAllowed,
  };
  const broker = createRelayBroker(config, db, log, clock, tlsOptions);
  const { bus, embedded, hasAccounts, shareGroup, accounts, fixedNames } = broker;
  const fleetLog = log.child({ component: 'fleet' });
  const maxSites = 'external' in config.mqtt ? config.mqtt.external.maxSites : undefined;
  const admission = { admitUnknown: !hasAccounts, maxSites };
  const registry = new SiteRegistry(db, admission, fleetLog, clock);
  const presence = new Presence(bus, db, registry, fleetLog, clock);
  const siteCameras = new SiteCameras(bus, registry, config.siteBudgets.cameras, fleetLog, clock);
  const onRecord = (site: string) => presence.recordArrived(site);
  const ingestLog = log.child({ component: 'ingest' });
  const retention = new SummaryRetention(
    db,
    config.retention.summariesMs,
    ingestLog,
    clock,
    steadyTime.eras,
  );
  const options = { shareGroup, onRecord, budgets: config.siteBudgets };
  const ingest = new Ingest(bus, db, registry, ingestLog, options, clock);
  const fleet = new Fleet({
    db,
    registry,
    presence,
    accounts,
    fixedNames,
    disconnect: (site) => embedded?.disconnectSite(site),
    forget: (site) => {
      siteCameras.forget(site);
      embedded?.forgetSite(site);
    },
    log: fleetLog,
    clock,
  });
  const overview = new FleetOverview(db, fleet, siteCameras, clock);
  const enrolments = new Enrolments({
    db,
    place: () => enrolmentPlace(config, ownPin),
    hasAccounts,
    accounts,
    fixedNames,
    admit: (site) => registry.add(site),
    disconnect: (site) => embedded?.disconnectSite(site),
    clock,
  });
  const cutOffs =
    embedded && new CutOffWatch(db, (site) => embedded.disconnectSite(site), fleetLog);
  return {
    ...{ broker, registry, presence, siteCameras, retention, ingest },
    ...{ fleet, overview, enrolments, cutOffs },
  };
}
