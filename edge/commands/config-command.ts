import type { CommandOptions, CommandSource } from '../../core/runtime/command-line.js';
import { StartError } from '../../core/runtime/errors.js';
import { exportConfiguration } from '../backup/export-configuration.js';
import { readManagedNotifications } from '../backup/managed-notifications.js';
import { readManagedCameras } from '../cameras/managed/read-managed-cameras.js';
import type { EdgeConfig } from '../config.js';
import { withSetup } from '../setup/with-setup.js';

/** `config export`: the whole configuration as one YAML. Works whether the appliance runs or not. */
export async function configCommand(
  { dataFolder }: EdgeConfig,
  { words: [action, ...more], 'with-secrets': withSecrets = false }: CommandOptions,
  { given }: CommandSource,
): Promise<string> {
  if (action !== 'export' || more.length > 0)
    throw new StartError('use "config export", with --with-secrets if it is to contain passwords');
  const managed = readManagedCameras(dataFolder);
  const notifications = readManagedNotifications(dataFolder);
  const parts = { given: withSetup(given()), managed, notifications };
  return exportConfiguration({ ...parts, withSecrets }).trimEnd();
}
