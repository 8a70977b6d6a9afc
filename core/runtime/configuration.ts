import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { z } from 'zod';
import { ConfigurationError, messageOf, StartError } from './errors.js';

/** What systemd lets a credential be called, without what would lead out of its folder. */
const credentialName = z
  .string()
  .regex(
    /^(?!\.\.?$)[\w.-]{1,255}$/,
    'expected a credential\'s name of letters, digits, "_", "-" and ".", not a path',
  );

/** A secret as text, or kept out of the configuration: in a file, a variable, or a credential of systemd's. */
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

/** The text of a secret. Throws StartError where its file, variable or credential is absent; the message never holds the secret. */
export function readSecret(source: SecretSource): string {
  if (typeof source === 'string') return source;
  if ('file' in source) return readTextFile(source.file).trim();
  if ('credential' in source) return readCredential(source.credential);
  const value = process.env[source.env];
  if (!value) throw new StartError(`the environment variable ${source.env} is not set`);
  return value;
}

/** For a command beside the service: the service's credentials, which systemd keeps while it runs; root may read them. */
export function borrowCredentials(service: string): void {
  const folder = `/run/credentials/${service}.service`;
  if (!process.env.CREDENTIALS_DIRECTORY && existsSync(folder))
    process.env.CREDENTIALS_DIRECTORY = folder;
}

/** Whether this process has any credentials to read. */
export const areCredentialsHere = (): boolean => Boolean(process.env.CREDENTIALS_DIRECTORY);

/** What systemd hands to a service, in a folder that only this service reads (`LoadCredential=`, systemd.exec(5)). */
function readCredential(name: string): string {
  const folder = process.env.CREDENTIALS_DIRECTORY;
  if (!folder)
    throw new StartError(
      `the credential ${name} is not there: systemd hands none to this process (CREDENTIALS_DIRECTORY is not set)`,
    );
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch (cause) {
    throw new StartError(
      `the credential ${name} is not there; the unit has to load it (LoadCredential=): ${messageOf(cause)}`,
    );
  }
}

/** A setting that an operator may give in the environment, where the configuration says nothing of it. */
export const fromEnvironment = (name: `SITEGLASS_${string}`): string | undefined =>
  process.env[name] || undefined;

/** A file that the configuration names. Throws StartError where it cannot be read. */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartError(`a file that the configuration names cannot be read: ${messageOf(cause)}`);
  }
}

function fieldErrors(error: z.ZodError) {
  return error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: path ? `${path}.${key}` : key,
        message: 'is not a known setting',
      }));
    return [{ path, message: issue.message }];
  });
}

/**
 * Parses YAML text into a frozen configuration; every error is reported at once, with its path.
 * An override is `PATH=VALUE`, the path with dots, the value as YAML; an empty one takes the setting away.
 */
export function parseConfiguration<S extends z.ZodType>(
  schema: S,
  text: string,
  source: string,
  overrides: string[] = [],
): z.infer<S> {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0)
    throw new ConfigurationError(
      source,
      document.errors.map((e) => ({ path: '', message: e.message })),
    );
  for (const override of overrides) {
    const [path = '', value] = override.split(/=(.*)/s);
    if (value === undefined)
      throw new ConfigurationError('--set', [{ path: override, message: 'expected PATH=VALUE' }]);
    const parsed: unknown = parse(value);
    const keys = path.split('.');
    if (parsed !== null) document.setIn(keys, parsed);
    else if (document.hasIn(keys)) document.deleteIn(keys);
  }
  const parsed = schema.safeParse(document.toJS() ?? {});
  if (!parsed.success) throw new ConfigurationError(source, fieldErrors(parsed.error));
  return deepFreeze(parsed.data);
}

/** Reads a configuration file, or the schema's defaults where no file is named. */
export function loadConfiguration<S extends z.ZodType>(
  schema: S,
  file: string | undefined,
  overrides: string[] = [],
): z.infer<S> {
  if (file === undefined)
    return parseConfiguration(schema, '', 'the built-in configuration', overrides);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(file, [{ path: '', message: messageOf(error) }]);
  }
  return parseConfiguration(schema, text, file, overrides);
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
