import type { AuditAction, AuditActorKind } from '../../../core/contract/access.js';
import { plural } from '../plural.js';

const auditActions: Partial<Record<AuditAction, string>> = {
  log_in: 'Logged in',
  log_out: 'Logged out',
  log_in_refused: 'Login refused',
  token_refused: 'Token refused',
  proxy_refused: 'Sign-on by a proxy refused',
  role_refused: 'Refused for the role',
  user_added: 'User added',
  user_role_changed: 'Role changed',
  user_password_changed: 'Password changed',
  user_removed: 'User removed',
  sessions_ended: 'Sessions ended',
  token_added: 'Token added',
  token_removed: 'Token removed',
  set_up: 'Set up',
  configuration_reloaded: 'Configuration reloaded',
  camera_paused: 'Camera paused',
  camera_resumed: 'Camera resumed',
  image_removed: 'Image removed',
  detector_added: 'Detector added',
  detector_removed: 'Detector removed',
  enrolled: 'Enrolled at a relay',
  backup_made: 'Back-up made',
  backup_restored: 'Back-up restored',
  restarted: 'Restarted',
};

const actorKinds: Partial<Record<AuditActorKind, string>> = {
  token: 'token',
  user: 'user',
  proxy: 'sign-on',
  camera: 'camera',
  anyone: 'anyone',
  command: 'command line',
  mqtt: 'MQTT',
  program: 'program',
};

export const system = {
  title: 'System',
  pages: 'Pages of the system',
  overview: 'Overview',
  checks: 'Checks',
  log: 'Log',
  audit: 'Audit log',
  maintenance: 'Maintenance',

  well: 'All is well',
  degraded: 'Needs attention',
  program: 'Program',
  version: 'Version',
  node: 'Node.js',
  site: 'Site',
  running: 'Running for',
  runningSince: (duration: string, since: string) => `${duration}, since ${since}`,
  configurationFile: 'Configuration file',
  noConfigurationFile: 'none: built-in settings',
  processMemory: 'Memory of the service',
  workersMemory: 'Memory of the workers',
  processCpu: 'Processor of the service',
  ofOneCore: (share: string) => `${share} of one core`,
  measuring: 'measuring',

  machine: 'Machine',
  machineName: 'Name',
  operatingSystem: 'Operating system',
  machineUptime: 'Running for',
  load: 'Load of the processor',
  loadOf: (load: string, cores: number) =>
    `${load} on ${plural(cores, { one: '{n} core', other: '{n} cores' })}`,
  loadLater: (five: string, quarter: string) => `${five} over 5 minutes, ${quarter} over 15`,
  memory: 'Memory',
  usedOf: (used: string, total: string) => `${used} of ${total}`,
  temperature: 'Temperature',
  celsius: (degrees: string) => `${degrees} °C`,
  noSensor: 'no sensor',

  storage: 'Storage',
  images: 'Images',
  diskFree: 'Free on the disk',
  database: 'Database',

  detection: 'Detection',
  detectionState: { ok: 'Works', degraded: 'A worker is missing', unavailable: 'Does not work' },
  workers: 'Workers',
  workersOf: (ready: number, all: number, busy: number) =>
    `${ready} of ${all} ready, ${busy} at work`,
  queued: 'Pictures that wait',
  restarts: 'Restarts of workers',
  engines: 'Engines',
  detectors: 'Detectors',
  detectorsOf: (ready: number, refused: number) =>
    refused === 0 ? `${ready} ready` : `${ready} ready, ${refused} refused`,

  access: 'Access',
  address: 'Address',
  modes: { token: 'With a login or a token', none: 'Open: whoever reaches it may do everything' },
  mode: 'Who may use it',
  https: 'HTTPS',
  httpsOnly: 'yes; plain HTTP is redirected',
  httpsAndPlain: 'yes; other machines may also use plain HTTP',
  plainOnly: 'not yet; other machines may use plain HTTP',
  redirectOnly: 'from the first client on',
  signOn: 'Login by a proxy',
  yes: 'yes',
  no: 'no',

  certificates: 'Certificate',
  noCertificate: 'None yet: it is made when a client first uses HTTPS.',
  kinds: {
    own: 'Made by the appliance',
    given: 'From the files in the configuration',
    acme: 'From an authority (ACME)',
  },
  origin: 'Origin',
  names: 'Good for',
  fingerprint: 'SHA-256 fingerprint',
  authority: 'Fingerprint of its authority',
  validTo: 'Valid until',
  expiresIn: (at: string, ago: string) => `${at} (${ago})`,
  expiresSoon: 'expires soon',
  expired: 'expired',

  checksHelp:
    'What "siteglass-edge doctor" checks, by the running appliance. It takes some seconds.',
  checking: 'Checking',
  checkAgain: 'Check again',
  checkedAt: (at: string, seconds: string) => `Checked at ${at}, in ${seconds}.`,
  noProblems: 'No problems found.',
  problems: (failures: number, warnings: number) =>
    [
      ...(failures > 0 ? [plural(failures, { one: '{n} failure', other: '{n} failures' })] : []),
      ...(warnings > 0 ? [plural(warnings, { one: '{n} warning', other: '{n} warnings' })] : []),
    ].join(', '),
  states: { ok: 'Good', warning: 'Warning', failure: 'Failure' },
  whatToDo: 'What to do:',
  inOrder: (count: number) =>
    plural(count, { one: '{n} check found nothing', other: '{n} checks found nothing' }),

  logHelp:
    'The last lines, the newest first. All of them are in the journal of the machine: journalctl -u siteglass-edge',
  level: 'Least level',
  levels: {
    debug: 'Debug',
    info: 'Information',
    warn: 'Warning',
    error: 'Error',
    fatal: 'Fatal',
  },
  component: 'Part',
  anyComponent: 'All parts',
  contains: 'Contains',
  follow: 'New lines appear by themselves',
  noLines: 'No line fits.',
  forgotten: (count: number) =>
    plural(count, {
      one: '{n} older line is no longer here.',
      other: '{n} older lines are no longer here.',
    }),
  details: 'Details',

  auditHelp: 'Who did what, when and from where. The newest is first.',
  auditActions,
  actorKinds,
  action: 'What',
  anyAction: 'Everything',
  actor: 'Who',
  actorHelp: 'A name, exactly.',
  at: 'When',
  times: (count: number, last: string) =>
    `${plural(count, { one: '{n} time', other: '{n} times' })}, last ${last}`,
  subject: 'On what',
  from: 'From',
  noEntries: 'No entry fits.',

  backup: 'Back-up',
  backupHelp:
    'One archive with the database, the images and the secrets of the appliance. Keep it where only you can read it. The service goes on meanwhile.',
  withImages: 'With the images',
  withImagesHelp: (bytes: string) =>
    `${bytes} more. Without them, events have no pictures after a restore.`,
  downloadBackup: 'Download a back-up',
  backupCheck:
    'Check and restore it on the machine of the appliance, while the service is stopped:',
  restoreCommand: 'sudo siteglass-edge restore FILE',
  restart: 'Restart',
  restartHelp:
    'All services stop and start again, and the configuration file is read again. It takes some seconds; no recorded data is lost.',
  restartNow: 'Restart the appliance',
  restartQuestion: 'Cameras are not asked and nobody can use the pages until it is there again.',
  restarting: 'The appliance restarts',
  restartWait: (seconds: number) =>
    `This page continues by itself, usually within ${plural(seconds, { one: '{n} second', other: '{n} seconds' })}.`,
  restarted: (seconds: string) => `The appliance is there again, after ${seconds}.`,
  restartLate:
    'The appliance is not there yet. On its machine, look at: journalctl -u siteglass-edge -n 50',
  reload: 'Read the configuration file again',
  reloadHelp: 'Changed cameras take effect at once. Other settings need a restart; they are named.',
  reloadNow: 'Read it again',
  reloaded: (added: number, changed: number, removed: number) =>
    `Cameras: ${added} added, ${changed} changed, ${removed} removed.`,
  needsRestart: (settings: string) => `These settings take effect after a restart: ${settings}`,
};
