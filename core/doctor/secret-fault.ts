import { areCredentialsHere, readSecret, type SecretSource } from '../runtime/configuration.js';
import { messageOf } from '../runtime/errors.js';
import { failure, type Verdict, warning } from './finding.js';

/** Why a secret cannot be read; undefined where it can, or none is configured. */
export function secretFault(source: SecretSource | undefined): Verdict | undefined {
  if (source === undefined) return undefined;
  if (typeof source === 'object' && 'credential' in source && !areCredentialsHere())
    return warning(
      `the credential ${source.credential} is there only while the service runs`,
      'Run this as root while the service runs.',
    );
  try {
    readSecret(source);
    return undefined;
  } catch (error) {
    return failure(
      messageOf(error),
      'Put it where the configuration says (docs/configuration.md).',
    );
  }
}
