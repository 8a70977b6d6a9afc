import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryBroker } from '../../core/doctor/broker-check.js';
import { type Check, ok, type Verdict, warning } from '../../core/doctor/finding.js';
import { localUrl } from '../../core/doctor/service-check.js';
import { siteClientId } from '../../core/messaging/access-rules.js';
import { SAME_ID } from '../../core/messaging/short-connections.js';
import type { EdgeConfig } from '../config.js';

const PATIENCE_MS = 5_000;

/** The brokers that are configured: whether they can be reached, and accept the credentials. */
export function brokerChecks(config: EdgeConfig, isRunning: boolean): Check[] {
  const { site, mqtt, lan } = config;
  const own = siteClientId(site);
  // A second bearer of the appliance's id would end its connection.
  const guest = { clientId: `${own}-doctor-${process.pid}`, isGuest: true };
  const asWhom = isRunning ? guest : { clientId: own };
  const relay: Check = {
    about: 'broker',
    run: async () => {
      if (!mqtt) return ok('none is configured');
      const filter = mqtt.settleOn === 'relay' ? { filter: `${mqtt.root}/${site}/ack` } : {};
      const told = isRunning ? await asTheApplianceSays(config) : undefined;
      return told ?? tryBroker({ ...mqtt, ...filter, ...asWhom });
    },
  };
  const dashboards: Check = {
    about: 'LAN broker',
    run: () => {
      if (!lan?.url) return ok(lan ? 'it is the appliance’s own' : 'none is configured');
      return tryBroker({ ...lan, url: lan.url, ...asWhom });
    },
  };
  return [relay, dashboards];
}

/** A broker that gives each account one client id lets nobody else try; what the appliance says of itself is asked for first. */
async function asTheApplianceSays({ dataFolder, http }: EdgeConfig): Promise<Verdict | undefined> {
  try {
    const token = http.auth === 'none' ? '' : readFileSync(join(dataFolder, 'admin-token'), 'utf8');
    const response = await fetch(`${localUrl(http)}/api/v1/sync`, {
      headers: { authorization: `Bearer ${token.trim()}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const sync = (await response.json()) as { connected?: boolean; lastError?: string | null };
    if (sync.lastError?.includes(SAME_ID))
      return warning(sync.lastError, 'give each appliance a site id of its own, in `site`');
    return sync.connected ? ok('the appliance is connected') : undefined;
  } catch {
    return undefined;
  }
}
