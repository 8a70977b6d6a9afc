import { type Check, ok, warning } from '../../../core/doctor/finding.js';
import type { Upgrades } from './upgrades.js';

/** Whether a newer version is there, and whether the last upgrade and the last look worked. */
export const upgradeCheck = (upgrades: Pick<Upgrades, 'view'>): Check => ({
  about: 'version',
  run() {
    const { installation, installed, newest, checkedAt, problem, obstacle, last } = upgrades.view();
    if (installation !== 'package') return ok(installed);
    const adviceOf = ({ advice, command }: { advice: string; command: string | null }) =>
      command === null ? advice : `${advice} ${command}`;
    if (last && last.outcome !== 'upgraded' && last.from === installed && last.fault)
      return warning(
        `the upgrade to ${last.to ?? 'a newer version'} did not work: ${last.fault.reason}`,
        adviceOf(last.fault),
      );
    if (problem)
      return warning(`no look for a newer version: ${problem.reason}`, adviceOf(problem));
    if (newest !== null)
      return ok(`${installed}; ${newest} is there: upgrade on the page System, or with apt`);
    if (obstacle) return ok(`${installed}; ${obstacle.reason}`);
    return ok(checkedAt === null ? installed : `${installed}, the newest one at ${checkedAt}`);
  },
});
