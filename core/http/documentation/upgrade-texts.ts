import type { FieldTexts } from './field-text.js';

/** The version of the appliance, and upgrades. */
export const upgradeTexts: FieldTexts = {
  'Upgrade.installation': ['How this appliance was installed', 'package'],
  'Upgrade.installed': ['The version that runs', '1.2.0'],
  'Upgrade.newest': ['A version that is newer', '1.3.0'],
  'Upgrade.checkedAt': ['The last look at the repository', '2026-11-27T10:00:00Z'],
  'Upgrade.problem': ['Why the last look found nothing out', null],
  'Upgrade.running': ['What is under way; null if nothing is', null],
  'Upgrade.phase': ['Of what runs', null],
  'Upgrade.obstacle': ['Why the browser cannot upgrade this appliance', null],
  'Upgrade.last': ['What became of the last upgrade; null before the first one'],
  'UpgradeAdvice.reason': ['What is wrong', 'the repository cannot be reached'],
  'UpgradeAdvice.advice': ['What to do', 'Check the network of this machine.'],
  'UpgradeAdvice.command': ['A command that does it', 'sudo apt-get update'],
  'LastUpgrade.outcome': ['What became of it', 'upgraded'],
  'LastUpgrade.from': ['The version before', '1.1.0'],
  'LastUpgrade.to': ['The newer version; null if none was found', '1.2.0'],
  'LastUpgrade.startedAt': ['When it began', '2026-11-20T09:00:00Z'],
  'LastUpgrade.finishedAt': ['When its outcome was known', '2026-11-20T09:00:40Z'],
  'LastUpgrade.fault': ['Why it did not work; null if it did', null],
  'LastUpgrade.output': ['The last lines of apt and dpkg', 'Setting up siteglass-edge (1.2.0) ...'],
};
