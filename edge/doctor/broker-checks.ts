import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryBroker } from '../../core/doctor/broker-check.js';
import { type Check, ok, type Verdict, warning } from '../../core/doctor/finding.js';
import { localUrl } from '../../core/doctor/service-check.js';
import { lanClientId, siteClientId } from '../../core/messaging/access-rules.js';
import { SAME_ID } from '../../core/messaging/short-connections.js';
import type { EdgeConfig } from '../config.js';

const TIMEOUT_MS = 5_000;

/** Whether the configured brokers respond and accept the credentials. */
export function brokerChecks(config: EdgeConfig, isRunning: boolean): Check[] {
  const { site, mqtt, lan } = config;
  // A second client with the id of a running appliance would end its connection.
  const clientOf = (clientId: string) =>
    isRunning ? { clientId: `${clientId}-doctor-${process.pid}`, isGuest: true } : { clientId };
  const relay: Check = {
    about: 'broker',
    run: async () => {
      if (!mqtt) return ok('none configured');
      const filters = [
        ...(mqtt.settleOn === 'relay' ? [`${mqtt.root}/${site}/ack`] : []),
        ...filtersOf(site, mqtt),
      ];
      const reported = isRunning ? await reportedConnection(config) : undefined;
      return reported ?? tryBroker({ ...mqtt, filters, ...clientOf(siteClientId(site)) });
    },
  };
  const dashboards: Check = {
    about: 'LAN broker',
    run: async () => {
      if (!lan) return ok('none configured');
      const reported = isRunning ? await reportedProblems(config, 'LAN broker') : [];
      if (reported.length > 0) return reported;
      if (!lan.url) return ok('embedded in the appliance');
      const { url } = lan;
      return tryBroker({
        ...lan,
        url,
        filters: filtersOf(site, lan),
        ...clientOf(lanClientId(site)),
      });
    },
  };
  return [relay, dashboards];
}

/** What the appliance subscribes to there, besides the acknowledgements. */
const filtersOf = (
  site: string,
  { root, commands, homeAssistant }: { root: string; commands: boolean; homeAssistant: boolean },
): string[] => [
  ...(commands ? [`${root}/${site}/+/command`] : []),
  ...(homeAssistant ? ['homeassistant/status'] : []),
];

/** A broker may allow only one client id per account, so the running appliance's own report is preferred to a connection. */
async function reportedConnection(config: EdgeConfig): Promise<Verdict | Verdict[] | undefined> {
  const sync = await ask<{ connected?: boolean; lastError?: string | null }>(config, 'sync');
  if (sync?.lastError?.includes(SAME_ID))
    return warning(
      sync.lastError,
      'Set a different `site` in the configuration of each appliance. If there is only one, check the network.',
    );
  if (!sync?.connected) return undefined;
  const problems = await reportedProblems(config, 'MQTT broker');
  return problems.length > 0 ? problems : ok('the appliance is connected');
}

/** What works only in part at a broker, according to the running appliance. */
async function reportedProblems(config: EdgeConfig, broker: string): Promise<Verdict[]> {
  const site = await ask<{ reasons?: string[] }>(config, 'site');
  return (site?.reasons ?? [])
    .filter((reason) => reason.startsWith(`${broker}: `))
    .map((reason) => warning(reason, 'See "MQTT brokers" in docs/troubleshooting.md.'));
}

/** A response of the running appliance; undefined if there is none. */
async function ask<T>({ dataFolder, http }: EdgeConfig, resource: string): Promise<T | undefined> {
  try {
    const token = http.auth === 'none' ? '' : readFileSync(join(dataFolder, 'admin-token'), 'utf8');
    const response = await fetch(`${localUrl(http)}/api/v1/${resource}`, {
      headers: { authorization: `Bearer ${token.trim()}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}
