import type { BrokerPasswords } from '../../core/access/broker-passwords.js';
import { isEarlierInstallation } from '../../core/runtime/tls/plain-text.js';
import type { RelayConfig } from '../config.js';

/** The passwords of readers at the embedded broker; undefined if there is none, or if it asks for none. */
export function brokerPasswordsOf({ dataFolder, mqtt }: RelayConfig): BrokerPasswords | undefined {
  if (!('embedded' in mqtt) || mqtt.embedded.auth === 'none') return undefined;
  const { host, readers } = mqtt.embedded;
  const path = 'mqtt.embedded.readers';
  return {
    host,
    accounts: readers,
    path,
    isEarlierInstallation: isEarlierInstallation(dataFolder),
  };
}
