import { realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { FieldError } from '../../../core/contract/problem.js';
import { type SecretSource, settingErrors } from '../../../core/runtime/configuration.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { settingNames } from '../../../core/runtime/yaml-faults.js';
import { type CameraConfig, cameraSchema } from '../camera-config.js';
import { type SecretPath, secretAt, withSecrets } from './secret-settings.js';
import type { JsonObject } from './setting-changes.js';

const MAX_SECRET_LENGTH = 1_024;

export interface ReadOptions {
  /** The settings that the camera has, whose secrets can be kept. */
  current?: CameraConfig | undefined;
  /** No camera reads files below it. */
  dataFolder: string;
}

let names: ReadonlySet<string> | undefined;
const allNames = () => {
  names ??= settingNames(cameraSchema);
  return names;
};

/**
 * Validates the settings of a camera as those of the configuration file, and completes them with their defaults. Secrets
 * are texts, or `{"set":true}` for the present one. Throws `invalid_parameter` with every field.
 */
export function readCameraSettings(body: unknown, options: ReadOptions): CameraConfig {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid([{ path: '', message: 'expected the settings of a camera' }]);
  const errors: FieldError[] = [];
  const input = withSecrets(body, (secret, path) => {
    const read = readSecretSetting(secret, path, body as JsonObject, options.current);
    if ('source' in read) return read.source;
    errors.push({ path, message: read.fault });
    // Stands for it, so that nothing else is said of it.
    return 'x'.repeat(16);
  });
  const parsed = cameraSchema.safeParse(input);
  if (!parsed.success) errors.push(...settingErrors(parsed.error, input, allNames));
  else errors.push(...pathFaults(parsed.data, options.dataFolder));
  if (errors.length > 0 || !parsed.success) throw invalid(errors);
  return parsed.data;
}

/** A problem that names every field. */
export function invalid(errors: FieldError[]): ProblemError {
  const lines = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  return new ProblemError('invalid_parameter', `In the body: ${lines.join('; ')}.`, { errors });
}

function readSecretSetting(
  secret: unknown,
  path: SecretPath,
  body: JsonObject,
  current: CameraConfig | undefined,
): { source: SecretSource } | { fault: string } {
  if (typeof secret === 'string')
    return secret.length <= MAX_SECRET_LENGTH
      ? { source: secret }
      : { fault: `expected at most ${MAX_SECRET_LENGTH} characters` };
  if (!isMarker(secret))
    return {
      fault:
        'expected text, or {"set":true} to keep the present one; secrets in files, variables and credentials belong in the configuration file',
    };
  const kept = current && (secretAt(current, path) as SecretSource | undefined);
  if (kept === undefined) return { fault: 'there is none to keep; send it as text' };
  if (path === 'auth.password' && placeOf(current ?? {}) !== placeOf(body))
    return { fault: 'the url has another host or port; send the password again' };
  return { source: kept };
}

const isMarker = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (value as { set?: unknown }).set === true;

/** Where a password is sent to. */
function placeOf(settings: object): string {
  const { url } = settings as { url?: unknown };
  if (typeof url !== 'string' || !URL.canParse(url)) return '';
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** A camera that reads the data folder would show, or remove, what the appliance keeps there. */
function pathFaults(config: CameraConfig, dataFolder: string): FieldError[] {
  if (!('path' in config)) return [];
  const [path, folder] = [placeAt(config.path), placeAt(dataFolder)];
  return path === folder || path.startsWith(`${folder}${sep}`) || folder.startsWith(`${path}${sep}`)
    ? [{ path: 'path', message: 'expected a place outside the data folder' }]
    : [];
}

/** Where a path leads, links followed. */
function placeAt(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
