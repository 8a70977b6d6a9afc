import type { Route } from '../../core/http/route.js';
import type { Restart, Service } from '../../core/runtime/lifecycle.js';
import { RecentLog } from '../../core/runtime/recent-log.js';
import { Findings } from './findings.js';
import { type OwnCheckParts, ownChecks } from './own-checks.js';
import { RequestedRestart } from './requested-restart.js';
import { systemRoutes } from './system-routes.js';
import { SystemView, type SystemViewParts } from './system-view.js';
import { upgradeCheck } from './upgrade/upgrade-check.js';
import { upgradeRoutes } from './upgrade/upgrade-routes.js';
import type { Upgrades } from './upgrade/upgrades.js';

export interface SystemParts extends OwnCheckParts, SystemViewParts {
  /** The last lines of the log; without it there are none. */
  recentLog: RecentLog | undefined;
  upgrades: Upgrades;
}

/** What administrators see and do about the program itself. */
export interface SystemModule {
  routes: Route[];
  restart: Restart;
  /** To be started last. */
  services: Service[];
}

export function createSystem(parts: SystemParts): SystemModule {
  const { clock } = parts.dependencies;
  const { upgrades } = parts;
  const restart = new RequestedRestart();
  const checks = () => [...ownChecks(parts), upgradeCheck(upgrades)];
  return {
    routes: [
      ...systemRoutes({
        view: new SystemView(parts),
        findings: new Findings(checks, clock),
        log: parts.recentLog ?? new RecentLog(),
        restart: (by) => restart.request(by),
      }),
      ...upgradeRoutes(upgrades),
    ],
    restart,
    services: [upgrades, { name: 'system', start: async () => restart.started() }],
  };
}
