import { parseConfiguration } from '../../core/runtime/configuration.js';
import { type EdgeConfig, edgeConfigSchema } from '../config.js';
import { RelayAccountFiles } from './relay-account.js';

/** Whether the configuration itself has the site's account at a relay. */
export const hasOwnPassword = ({ mqtt }: Pick<EdgeConfig, 'mqtt'>): boolean =>
  mqtt?.password !== undefined;

/**
 * The configuration with the account that the appliance enrolled for. What the configuration says of the relay's broker
 * besides its address stays; one with a password of its own is not changed.
 */
export function withRelayAccount(config: EdgeConfig): EdgeConfig {
  if (hasOwnPassword(config)) return config;
  const files = new RelayAccountFiles(config.dataFolder);
  const account = files.read();
  if (account?.site !== config.site) return config;
  const { url, root, username, ca, fingerprint } = account.mqtt;
  return {
    ...config,
    mqtt: {
      ...(config.mqtt ?? defaultsFor(url)),
      ...{ url, root, username },
      password: { file: files.passwordFile },
      ...(ca !== undefined && { caFile: files.caFile }),
      ...(fingerprint !== undefined && { fingerprint }),
    },
  };
}

function defaultsFor(url: string): NonNullable<EdgeConfig['mqtt']> {
  const text = JSON.stringify({ mqtt: { url } });
  const { mqtt } = parseConfiguration(edgeConfigSchema, text, 'the enrolled account');
  if (!mqtt) throw new Error('a configuration with mqtt has it');
  return mqtt;
}
