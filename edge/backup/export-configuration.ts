import { stringify } from 'yaml';
import {
  type GivenSettings,
  readSecret,
  type SecretSource,
} from '../../core/runtime/configuration.js';
import { programVersion } from '../../core/runtime/program-version.js';
import { CAMERA_SECRETS } from '../cameras/managed/camera-secrets.js';
import type { ManagedCamera } from '../cameras/managed/managed-cameras.js';
import { withoutDefaults } from '../cameras/managed/without-defaults.js';
import { type EdgeConfig, edgeConfigSchema } from '../config.js';
import { WAY_SECRETS } from '../store/way-secrets.js';
import type { ManagedNotifications } from './managed-notifications.js';
import { secretPaths } from './secret-paths.js';

/** Where an exported configuration expects the secrets that it does not have. */
const FOLDER = '/etc/siteglass/edge-secrets';

export interface ExportOptions {
  /** What the configuration file, the command line and the set-up give. */
  given: GivenSettings;
  managed: readonly ManagedCamera[];
  notifications: ManagedNotifications;
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
 * The whole configuration as one YAML text that a new appliance can start from: the settings that are given, with the
 * cameras, rules and ways of the API. Of what is in both, that of the file.
 */
export function exportConfiguration({ withSecrets, ...parts }: ExportOptions): string {
  const notes: Notes = { missing: [], unreadable: [] };
  const replace = withSecrets ? resolver(notes) : referrer(notes);
  const settings = withSecretsReplaced(wholeOf(parts), { path: [], pattern: [] }, replace);
  const text = stringify(settings, { lineWidth: 0 });
  return `${header(notes, withSecrets)
    .map((line) => `# ${line}\n`)
    .join('')}${text}`;
}

function wholeOf({ given, managed, notifications }: Omit<ExportOptions, 'withSecrets'>) {
  const cameras = joined(
    given.cameras,
    managed.map(({ settings }) => settings),
  );
  const own = objectAt(given, 'notifications');
  const rules = joined(own.rules, notifications.rules);
  const ways = joined(own.ways, notifications.ways);
  const all = {
    ...own,
    ...(rules.length > 0 && { rules }),
    ...(ways.length > 0 && { ways }),
  };
  return {
    ...given,
    ...(cameras.length > 0 && { cameras }),
    ...(Object.keys(all).length > 0 && { notifications: all }),
  };
}

/** The items of the file, and those of the API with other ids. */
function joined(given: unknown, managed: readonly object[]): unknown[] {
  const own: unknown[] = Array.isArray(given) ? given : [];
  const ids = new Set(own.map(idOf));
  return [...own, ...managed.filter((item) => !ids.has(idOf(item)))];
}

function objectAt(given: GivenSettings, key: string): Record<string, unknown> {
  const value = given[key];
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? (value as Record<string, unknown>) : {};
}

let secrets: ReadonlySet<string> | undefined;
const isSecret = (pattern: string[]): boolean => {
  secrets ??= secretPaths(edgeConfigSchema);
  return secrets.has(pattern.join('.'));
};

/** Where a setting is: by names, for people, and with `*` for each item of a list. */
interface Place {
  path: string[];
  pattern: string[];
}

type Replace = (secret: SecretSource, path: string[]) => unknown;

function withSecretsReplaced(value: unknown, place: Place, replace: Replace): unknown {
  const { path, pattern } = place;
  if (value !== null && isSecret(pattern)) return replace(value as SecretSource, path);
  if (Array.isArray(value))
    return value.map((item, i) => {
      const inner = { path: [...path, nameOf(item, i)], pattern: [...pattern, '*'] };
      return withSecretsReplaced(item, inner, replace);
    });
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const inner = { path: [...path, key], pattern: [...pattern, key] };
      return [key, withSecretsReplaced(child, inner, replace)];
    }),
  );
}

/** Text, and secrets of this appliance, become references; the others are references already. */
const referrer =
  (notes: Notes): Replace =>
  (secret, path) => {
    const isOwn =
      typeof secret === 'object' &&
      'file' in secret &&
      [CAMERA_SECRETS, WAY_SECRETS].some((folder) => secret.file.includes(`/${folder}/`));
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

function nameOf(item: unknown, i: number): string {
  const { id, username, name } = (item ?? {}) as Record<'id' | 'username' | 'name', unknown>;
  return String(id ?? username ?? name ?? i);
}
