import type { TlsOptions } from '../../core/http/tls/create-tls.js';
import type { RelayConfig } from '../config.js';

export const tlsOptionsOf = ({ dataFolder, http, publicUrl, mqtt }: RelayConfig): TlsOptions => ({
  ...{ dataFolder, http, publicUrl },
  label: 'relay',
  broker: 'embedded' in mqtt ? mqtt.embedded : undefined,
});
