import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from 'yaml';
import { z } from 'zod';
import type { FieldError } from '../contract/problem.js';
import { ConfigurationError, messageOf, StartError } from './errors.js';
import { nearest } from './unknown-name.js';
import { contentOf, readYaml, settingNames } from './yaml-faults.js';

/** The names that systemd allows for a credential, without those that leave its folder. */
const credentialName = z
  .string()
  .regex(
    /^(?!\.\.?$)[\w.-]{1,255}$/,
    'expected a credential\'s name of letters, digits, "_", "-" and ".", not a path',
  );

/** A secret as text, or outside the configuration: in a file, an environment variable, or a systemd credential. */
export const secretSchema = z.union(
  [
    z.string().min(1),
    z.strictObject({ file: z.string().min(1) }),
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ credential: credentialName }),
  ],
  { error: 'expected text, { file: path }, { env: NAME } or { credential: NAME }' },
);
export type SecretSource = z.infer<typeof secretSchema>;

/** The text of a secret. Throws StartError if its file, variable or credential is missing; the message never contains the secret. */
export function readSecret(source: SecretSource): string {
  if (typeof source === 'string') return source;
  if ('file' in source) return readTextFile(source.file).trim();
  if ('credential' in source) return readCredential(source.credential);
  const value = process.env[source.env];
  if (!value) throw new StartError(`the environment variable ${source.env} is not set`);
  return value;
}

/** Gives a command the credentials of the running service. Only root can read them. */
export function borrowCredentials(service: string): void {
  const folder = `/run/credentials/${service}.service`;
  if (!process.env.CREDENTIALS_DIRECTORY && existsSync(folder))
    process.env.CREDENTIALS_DIRECTORY = folder;
}

/** Whether this process has any credentials to read. */
export const areCredentialsHere = (): boolean => Boolean(process.env.CREDENTIALS_DIRECTORY);

/** A credential that systemd gives to this service only (`LoadCredential=`, systemd.exec(5)). */
function readCredential(name: string): string {
  const folder = process.env.CREDENTIALS_DIRECTORY;
  if (!folder)
    throw new StartError(
      `the credential ${name} was not found: this process has no credentials from systemd (CREDENTIALS_DIRECTORY is not set)`,
    );
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch (cause) {
    throw new StartError(
      `the credential ${name} was not found; the unit must load it (LoadCredential=): ${messageOf(cause)}`,
    );
  }
}

/** A setting that an operator may set in the environment instead of the configuration. */
export const fromEnvironment = (name: `SITEGLASS_${string}`): string | undefined =>
  process.env[name] || undefined;

/** The variables that name the proxies of this machine. */
export const proxyVariables = (): Record<string, string | undefined> =>
  Object.fromEntries(
    ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']
      .flatMap((name) => [name, name.toLowerCase()])
      .map((name) => [name, process.env[name]]),
  );

/** A file that the configuration names. Throws StartError if it cannot be read. */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartError(`a file that the configuration names cannot be read: ${messageOf(cause)}`);
  }
}

/** What is wrong with settings, each with its path. `names` are those of all settings, of which a near miss is suggested. */
export function settingErrors(
  error: z.ZodError,
  input: unknown,
  names: () => ReadonlySet<string>,
): FieldError[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) =>
        unknownSetting(path, key, { value: valueAt(input, [...issue.path, key]), names }),
      );
    return [{ path, message: issue.message }];
  });
}

/** Settings as the configuration's text and the command line have them, before they are validated. */
export type GivenSettings = Record<string, unknown>;

/** Adds settings from elsewhere to those that are given. */
export type CompleteSettings = (given: GivenSettings) => GivenSettings;

const asGiven: CompleteSettings = (given) => given;

/** A key without a value is a password that was written without the space after the colon, or without quotes. */
function unknownSetting(
  path: string,
  key: string,
  { value, names }: { value: unknown; names(): ReadonlySet<string> },
): FieldError {
  if (/^[\w-]{1,64}$/.test(key) && value !== null) {
    const meant = nearest(key, [...names()]);
    const hint = meant === undefined || meant === key ? '' : `. Did you mean "${meant}"?`;
    return { path: path ? `${path}.${key}` : key, message: `is not a known setting${hint}` };
  }
  return {
    path,
    message: 'has text that is no setting; write SETTING: VALUE with a space after the colon',
  };
}

const valueAt = (input: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );

/**
 * Parses YAML text into a frozen configuration. Throws ConfigurationError with every error and its path; no error quotes a
 * value. An override is `PATH=VALUE`: the path with dots, the value as YAML. An empty value removes the setting.
 */
export function parseConfiguration<S extends z.ZodType>(
  schema: S,
  text: string,
  source: string,
  overrides: string[] = [],
  complete: CompleteSettings = asGiven,
): z.infer<S> {
  const names = () => settingNames(schema);
  const given = readSettings(text, source, { names, overrides });
  const isMap = typeof given === 'object' && given !== null && !Array.isArray(given);
  const input = isMap ? complete(given as GivenSettings) : given;
  const parsed = schema.safeParse(input);
  if (!parsed.success)
    throw new ConfigurationError(source, settingErrors(parsed.error, input, names));
  return deepFreeze(parsed.data);
}

interface ReadOptions {
  /** Names of settings, which an error may quote. */
  names: () => ReadonlySet<string>;
  overrides: string[];
}

/** Throws ConfigurationError if the text is not YAML. */
function readSettings(text: string, source: string, { names, overrides }: ReadOptions): unknown {
  const read = readYaml({ text, names });
  if ('faults' in read) throw new ConfigurationError(source, read.faults);
  const { document } = read;
  for (const override of overrides) applyOverride(document, override);
  const found = contentOf(document);
  if ('fault' in found) throw new ConfigurationError(source, [{ path: '', message: found.fault }]);
  return found.content ?? {};
}

function applyOverride(document: Document, override: string): void {
  const [path = '', value] = override.split(/=(.*)/s);
  if (value === undefined) throw refusedOverride(path, 'expected PATH=VALUE');
  const read = readYaml({ text: value, names: () => new Set() });
  if ('faults' in read) throw refusedOverride(path, read.faults[0]?.message ?? 'it is not YAML');
  const found = contentOf(read.document);
  if ('fault' in found) throw refusedOverride(path, found.fault);
  const keys = path.split('.');
  try {
    if (found.content !== null) document.setIn(keys, found.content);
    else if (document.hasIn(keys)) document.deleteIn(keys);
  } catch {
    throw refusedOverride(path, 'a part of the path has a value of its own in the file');
  }
}

/** What is no path may be a value that lacks its path. */
function refusedOverride(path: string, message: string): ConfigurationError {
  return new ConfigurationError('--set', [{ path: /^[\w.-]+$/.test(path) ? path : '', message }]);
}

/** Reads a configuration file, or the schema's defaults if `file` is undefined. */
export function loadConfiguration<S extends z.ZodType>(
  schema: S,
  file: string | undefined,
  overrides: string[] = [],
  complete: CompleteSettings = asGiven,
): z.infer<S> {
  const source = file ?? 'the built-in configuration';
  return parseConfiguration(schema, textOf(file), source, overrides, complete);
}

/** What a configuration file and the command line give, e.g. to show where a setting comes from. Throws ConfigurationError. */
export function givenSettings(file: string | undefined, overrides: string[]): GivenSettings {
  return readSettings(textOf(file), file ?? 'the built-in configuration', {
    names: () => new Set(),
    overrides,
  }) as GivenSettings;
}

function textOf(file: string | undefined): string {
  if (file === undefined) return '';
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(file, [{ path: '', message: messageOf(error) }]);
  }
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
