import type { UpgradeAdvice } from '../../../core/contract/upgrade.js';

const IN_PUBLICATION = [
  'Look again in some minutes: a newer version may be in publication.',
  null,
] as const;

/** What to do about a problem, by the word that root's part reports. */
const ADVICE: Record<string, readonly [advice: string, command: string | null]> = {
  'no-source': [
    'Give apt the repository, once: the file siteglass.sources of who publishes it. Then look again.',
    'sudo curl --fail --output /etc/apt/sources.list.d/siteglass.sources https://REPOSITORY/siteglass.sources',
  ],
  held: [
    'Allow the upgrade, and look again.',
    'sudo apt-mark unhold $(apt-mark showhold | grep ^siteglass-)',
  ],
  signature: [
    'Nothing of it was installed. Ask who publishes the repository, and compare the key with theirs.',
    'cat /etc/apt/sources.list.d/siteglass.sources',
  ],
  clock: ['Set the clock, or wait until it is synchronised.', 'timedatectl'],
  expired: ['Ask who publishes the repository to publish it again.', null],
  mismatch: IN_PUBLICATION,
  missing: IN_PUBLICATION,
  'no-repository': [
    'Let this machine use the network without a login page, or correct the address of the repository.',
    'cat /etc/apt/sources.list.d/siteglass.sources',
  ],
  'no-index': [
    'Check the address of the repository.',
    'cat /etc/apt/sources.list.d/siteglass.sources',
  ],
  unreachable: [
    'Check the network of this machine, and the address of the repository.',
    'sudo apt-get update',
  ],
  locked: ['Try again in some minutes.', null],
  conflict: ['See what apt would change.', 'sudo apt-get install --simulate siteglass-edge'],
  space: ['Make room on the disk.', 'df -h /var /usr'],
  nothing: ['Nothing is to be done.', null],
  'not-ready': [
    'Report it with the log from that time. The next version may run.',
    'sudo journalctl -u siteglass-edge -u siteglass-edge-upgrade -n 200',
  ],
  incomplete: [
    'Upgrade the rest at the machine. Cameras and detectors that need it are refused until then.',
    "sudo apt-get update && sudo apt-get install --only-upgrade 'siteglass-*'",
  ],
  'not-returned': ['Return to the version before by hand.', 'sudo siteglass-edge-rollback'],
  'no-reaction': [
    'Start the units that do it.',
    'sudo systemctl enable --now siteglass-edge-upgrade.path siteglass-edge-upgrade.timer',
  ],
  'no-unit': [
    'Start the service by its unit, as the package does; or upgrade by hand.',
    'sudo apt-get update && sudo apt-get install --only-upgrade siteglass-edge',
  ],
  container: [
    'Get or build the newer image, and start the container again; its volume stays.',
    'docker compose -f docker-compose.edge.yml up -d --build',
  ],
  source: [
    'Get the newer source, build it, and restart the program.',
    'git pull && npm ci && npm run build',
  ],
};

const OTHERWISE = [
  'Try it at the machine, where apt shows all that it does.',
  'sudo apt-get update && sudo apt-get install --only-upgrade siteglass-edge',
] as const;

export function upgradeAdvice(problem: string, reason: string): UpgradeAdvice {
  const [advice, command] = ADVICE[problem] ?? OTHERWISE;
  return { reason, advice, command };
}
