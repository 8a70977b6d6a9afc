import { stringify } from 'yaml';
import type { WrittenDefinitions } from '../../core/notifications/read-definitions.js';
import {
  type GivenSettings,
  readSecret,
  type SecretSource,
} from '../../core/runtime/configuration.js';
import { programVersion } from '../../core/runtime/program-version.js';
import { CAMERA_SECRETS } from '../cameras/managed/camera-secrets.js';
import type { ManagedCamera } from '../cameras/managed/managed-cameras.js';
import { withoutDefaults } from '../cameras/managed/without-defaults.js';
import type { EdgeConfig } from '../config.js';

/** The names of the settings that are secrets, wherever they are. */
export const SECRET_SETTINGS: readonly string[] = ['password', 'pushSecret', 'signingSecret'];
/** Those that are secrets only of a way of notifications: its address, and the values of its headers. */
export const WAY_SECRETS: readonly string[] = ['url', 'value'];

/** Where an exported configuration expects the secrets that it does not have. */
const FOLDER = '/etc/siteglass/edge-secrets';

export interface ExportOptions {
  /** What the configuration file, the command line and the set-up give. */
  given: GivenSettings;
  managed: readonly ManagedCamera[];
  /** Rules and ways of notifications that the API manages. */
  notifications: WrittenDefinitions;
  /** Whether secrets are in the text; otherwise it refers to files. */
  withSecrets: boolean;
}

/** For programs that embed the appliance: what tells it from another one. */
export const givenOf = ({ site, dataFolder, cameras }: EdgeConfig): GivenSettings => ({
  ...{ site, dataFolder },
  cameras: cameras.map(withoutDefaults),
});

/** Secrets that the text refers to, or that could not be read. */
interface Notes {
  missing: string[];
  unreadable: string[];
}

/**
 * The whole configuration as one YAML text that a new appliance can start from: the settings that are given, and the
 * cameras, rules and ways of the API. Of one that is in both, that of the file.
 */
export function exportConfiguration({
  given,
  managed,
  notifications,
  withSecrets,
}: ExportOptions): string {
  const notes: Notes = { missing: [], unreadable: [] };
  const ofApi = managed.map(({ id, settings }) => ({ id, ...settings }));
  const cameras = together(given.cameras, ofApi);
  const own = (given.notifications ?? {}) as Partial<WrittenDefinitions>;
  const rules = together(own.rules, notifications.rules);
  const ways = together(own.ways, notifications.ways);
  const whole = {
    ...given,
    ...(cameras.length > 0 && { cameras }),
    ...(rules.length + ways.length > 0 && { notifications: { ...own, rules, ways } }),
  };
  const settings = withSecretsReplaced(whole, [], withSecrets ? resolver(notes) : referrer(notes));
  const text = stringify(settings, { lineWidth: 0 });
  return `${header(notes, withSecrets)
    .map((line) => `# ${line}\n`)
    .join('')}${text}`;
}

/** Those of the file, and those of the API with other ids. */
function together(given: unknown, ofApi: readonly object[]): unknown[] {
  const own = Array.isArray(given) ? (given as unknown[]) : [];
  const ids = new Set(own.map(idOf));
  return [...own, ...ofApi.filter((one) => !ids.has(idOf(one)))];
}

const isSecret = ([first, second]: string[], key: string): boolean =>
  SECRET_SETTINGS.includes(key) ||
  (first === 'notifications' && second === 'ways' && WAY_SECRETS.includes(key));

type Replace = (secret: SecretSource, path: string[]) => unknown;

function withSecretsReplaced(value: unknown, path: string[], replace: Replace): unknown {
  if (Array.isArray(value))
    return value.map((item, i) => withSecretsReplaced(item, [...path, placeOf(item, i)], replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      isSecret(path, key) && child !== null
        ? replace(child as SecretSource, [...path, key])
        : withSecretsReplaced(child, [...path, key], replace),
    ]),
  );
}

/** Text, and secrets of this appliance, become references; the others are references already. */
const referrer =
  (notes: Notes): Replace =>
  (secret, path) => {
    const isOwn =
      typeof secret === 'object' && 'file' in secret && secret.file.includes(`/${CAMERA_SECRETS}/`);
    if (typeof secret === 'object' && !isOwn) return secret;
    const file = `${FOLDER}/${path.join('-').replace(/[^\w.-]/g, '_')}`;
    notes.missing.push(file);
    return { file };
  };

const resolver =
  (notes: Notes): Replace =>
  (secret, path) => {
    try {
      return readSecret(secret);
    } catch {
      notes.unreadable.push(path.join('.'));
      return secret;
    }
  };

function header({ missing, unreadable }: Notes, withSecrets: boolean): string[] {
  return [
    `The configuration of a Siteglass appliance, exported by version ${programVersion()}.`,
    ...(withSecrets ? ['It contains secrets: keep it where nobody else can read it.'] : []),
    ...(missing.length > 0 ? ['Write these secrets into their files before the start:'] : []),
    ...missing.map((file) => `  ${file}`),
    ...unreadable.map((path) => `The secret at ${path} could not be read; its reference is kept.`),
    'The account at a relay is not part of it: enrol the new appliance (siteglass-edge enrol CODE).',
  ];
}

const idOf = (camera: unknown): unknown => (camera as { id?: unknown } | null)?.id;

function placeOf(item: unknown, i: number): string {
  const { id, username } = (item ?? {}) as { id?: unknown; username?: unknown };
  return String(id ?? username ?? i);
}
