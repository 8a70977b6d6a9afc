import type { LastUpgrade, UpgradePhase } from '../../../core/contract/upgrade.js';

const phases: Record<UpgradePhase, string> = {
  asked: 'The upgrade was requested.',
  installing: 'The new version is downloaded and installed; the one before is copied first.',
  repairing: 'An interrupted upgrade is completed.',
  starting: 'The new version starts.',
  returning: 'The new version did not run; the one before is installed again.',
};

const outcomes: Record<
  LastUpgrade['outcome'],
  (from: string, to: string, reason: string) => string
> = {
  upgraded: (from, to) => `Upgraded from ${from} to ${to}.`,
  returned: (from, to, reason) => `${to} did not run; ${from} is back: ${reason}.`,
  failed: (_from, to, reason) => `The upgrade to ${to} failed: ${reason}.`,
  interrupted: (_from, to) =>
    `The upgrade to ${to} was interrupted. The next look for a newer version completes it.`,
};

export const upgrade = {
  title: 'Version',
  installed: 'Installed',
  newest: 'Newest',
  isNewest: 'the installed one',
  unknown: 'not known yet',
  checked: 'Last look',
  never: 'never',
  checkedAt: (at: string, ago: string) => `${at} (${ago})`,
  available: 'A newer version is there',
  hint: 'new',
  hintTitle: (version: string) => `Version ${version} is there`,
  look: 'Look for a newer version',
  looking: 'Looking for a newer version',
  upgradeTo: (version: string) => `Upgrade to ${version}`,
  upgrade: 'Upgrade',
  question: [
    'For some seconds, no snapshots are taken, and nobody can use the console.',
    'The installed version and the database are copied first.',
    'If the new version does not run, the appliance returns to the installed one automatically.',
  ],
  upgrading: 'The appliance is being upgraded',
  phases,
  away: 'The appliance does not answer now, as it restarts. This page continues automatically.',
  outcomes,
  aNewerVersion: 'a newer version',
  took: (duration: string, at: string) => `It took ${duration}, until ${at}.`,
  output: 'What apt printed',
  command: 'Command',
  notFound: (reason: string) => `The last look found nothing out: ${reason}.`,
  newPages: 'This page is still of the version before.',
  reload: 'Load the page of the new version',
};
