import type { BrokerPasswords } from '../../core/access/broker-passwords.js';
import { isEarlierInstallation } from '../../core/runtime/tls/plain-text.js';
import type { EdgeConfig } from '../config.js';

/** The passwords at the embedded broker; undefined if there is none, or if it asks for none. */
export function brokerPasswordsOf({ dataFolder, lan }: EdgeConfig): BrokerPasswords | undefined {
  if (!lan?.embedded || lan.embedded.auth === 'none') return undefined;
  const { host, accounts } = lan.embedded;
  const path = 'lan.embedded.accounts';
  return { host, accounts, path, isEarlierInstallation: isEarlierInstallation(dataFolder) };
}
