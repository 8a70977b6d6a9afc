import { upgradeSchema } from '../../../core/contract/upgrade.js';
import { type Route, route } from '../../../core/http/route.js';
import type { Upgrades } from './upgrades.js';

const tag = 'operations';

/** Which version runs, whether a newer one is there, and the upgrade to it. */
export function upgradeRoutes(upgrades: Pick<Upgrades, 'view' | 'check' | 'upgrade'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/system/upgrade',
      tag,
      summary: 'Get the version, the newest one, and what became of the last upgrade',
      access: 'admin',
      responses: { 200: upgradeSchema },
      handle: () => upgrades.view(),
    }),
    route({
      method: 'post',
      path: '/system/upgrade/check',
      tag,
      summary: 'Look for a newer version in the repository that apt knows',
      description:
        'The answer is in `GET /system/upgrade` when `running` is null again. Within 30 s of another look, its result is used.',
      access: 'admin',
      audit: 'upgrade_looked_for',
      responses: { 202: upgradeSchema },
      problems: ['upgrade_refused'],
      handle: (_, ctx) => {
        ctx.status = 202;
        return upgrades.check();
      },
    }),
    route({
      method: 'post',
      path: '/system/upgrade',
      tag,
      summary: 'Upgrade the appliance to the newest version',
      description:
        'Asks the unit `siteglass-edge-upgrade`, which runs as root and installs what apt finds in the repositories that root has configured. The service restarts. If the newer version is not ready, the one before returns. Progress and result are in `GET /system/upgrade`.',
      access: 'admin',
      audit: 'upgrade_requested',
      responses: { 202: upgradeSchema },
      problems: ['upgrade_refused'],
      handle: (_, ctx) => {
        ctx.status = 202;
        return upgrades.upgrade();
      },
    }),
  ];
}
