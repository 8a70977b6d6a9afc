import { areCredentialsHere, readSecret, type SecretSource } from '../runtime/configuration.js';
import { messageOf } from '../runtime/errors.js';
import { failure, type Verdict, warning } from './finding.js';

/** Why a secret cannot be read; undefined if it can be, or if none is configured. */
export function secretFault(source: SecretSource | undefined): Verdict | undefined {
  if (source === undefined) return undefined;
  if (typeof source === 'object' && 'credential' in source && !areCredentialsHere())
    return warning(
      `the credential ${source.credential} is available only while the service runs`,
      'Start the service, and run the doctor as root.',
    );
  try {
    readSecret(source);
    return undefined;
  } catch (error) {
    return failure(
      messageOf(error),
      'Create the file, credential or variable that the configuration names (docs/configuration.md).',
    );
  }
}
