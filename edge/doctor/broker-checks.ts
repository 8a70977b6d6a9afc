import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryBroker } from '../../core/doctor/broker-check.js';
import { type Check, ok, type Verdict, warning } from '../../core/doctor/finding.js';
import { localUrl } from '../../core/doctor/service-check.js';
import { siteClientId } from '../../core/messaging/access-rules.js';
import { SAME_ID } from '../../core/messaging/short-connections.js';
import type { EdgeConfig } from '../config.js';

const TIMEOUT_MS = 5_000;

/** Whether the configured brokers respond and accept the credentials. */
export function brokerChecks(config: EdgeConfig, isRunning: boolean): Check[] {
  const { site, mqtt, lan } = config;
  const own = siteClientId(site);
  // A second client with the appliance's id would end its connection.
  const guest = { clientId: `${own}-doctor-${process.pid}`, isGuest: true };
  const client = isRunning ? guest : { clientId: own };
  const relay: Check = {
    about: 'broker',
    run: async () => {
      if (!mqtt) return ok('none configured');
      const filter = mqtt.settleOn === 'relay' ? { filter: `${mqtt.root}/${site}/ack` } : {};
      const reported = isRunning ? await connectionOfRunningAppliance(config) : undefined;
      return reported ?? tryBroker({ ...mqtt, ...filter, ...client });
    },
  };
  const dashboards: Check = {
    about: 'LAN broker',
    run: () => {
      if (!lan?.url) return ok(lan ? 'embedded in the appliance' : 'none configured');
      return tryBroker({ ...lan, url: lan.url, ...client });
    },
  };
  return [relay, dashboards];
}

/** A broker may allow only one client id per account, so the running appliance's own report is preferred to a connection. */
async function connectionOfRunningAppliance({
  dataFolder,
  http,
}: EdgeConfig): Promise<Verdict | undefined> {
  try {
    const token = http.auth === 'none' ? '' : readFileSync(join(dataFolder, 'admin-token'), 'utf8');
    const response = await fetch(`${localUrl(http)}/api/v1/sync`, {
      headers: { authorization: `Bearer ${token.trim()}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const sync = (await response.json()) as { connected?: boolean; lastError?: string | null };
    if (sync.lastError?.includes(SAME_ID))
      return warning(
        sync.lastError,
        'Set a different `site` in the configuration of each appliance.',
      );
    return sync.connected ? ok('the appliance is connected') : undefined;
  } catch {
    return undefined;
  }
}
