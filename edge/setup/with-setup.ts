import type { GivenSettings } from '../../core/runtime/configuration.js';
import { readSetupFile } from './setup-file.js';

/**
 * The settings that the configuration file and the command line give, with what the set-up has decided below them: what is
 * given comes first. Before the set-up, the address of `setup.host` is used, so that browsers reach it; and after an
 * upgrade of an appliance that was in use, since its package listened there.
 */
export function withSetup(given: GivenSettings): GivenSettings {
  const dataFolder = dataFolderOf(given);
  const file = readSetupFile(dataFolder);
  const settings = file?.isComplete ? file.settings : {};
  const http = objectAt(given, 'http');
  const host =
    http.host ??
    settings.http?.host ??
    (file?.isComplete ? undefined : objectAt(given, 'setup').host);
  // Anything else is an error, which the schema finds.
  const isMap = given.http === undefined || isObject(given.http);
  return {
    ...settings,
    ...given,
    ...(isMap && host !== undefined && { http: { ...http, host } }),
  };
}

export const dataFolderOf = ({ dataFolder }: GivenSettings): string =>
  typeof dataFolder === 'string' ? dataFolder : 'var/edge';

const isObject = (value: unknown): value is GivenSettings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const objectAt = (given: GivenSettings, key: string): GivenSettings => {
  const value = given[key];
  return isObject(value) ? value : {};
};
