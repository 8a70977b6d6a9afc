import type { TlsOptions } from '../../core/http/tls/create-tls.js';
import type { EdgeConfig } from '../config.js';

export const tlsOptionsOf = ({
  dataFolder,
  site,
  http,
  lan,
  publicUrl,
}: EdgeConfig): TlsOptions => ({
  ...{ dataFolder, http, publicUrl },
  label: site,
  broker: lan?.embedded,
});
