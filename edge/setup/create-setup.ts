import type { AccessModule } from '../../core/access/create-access.js';
import type { Tls } from '../../core/http/tls/create-tls.js';
import { fingerprintOf } from '../../core/runtime/tls/fingerprint.js';
import type { EdgeConfig } from '../config.js';
import { enrol } from '../enrolment/enrol.js';
import { hasOwnPassword } from '../enrolment/enrolled-config.js';
import { Setup, type SetupOptions } from './setup.js';

export interface SetupParts extends Pick<SetupOptions, 'address' | 'log'> {
  config: EdgeConfig;
  tls: Tls;
  access: AccessModule;
  /** Without it there is no first run. */
  given: SetupOptions['given'] | undefined;
}

/** The first run, which is offered while nobody has set the appliance up. */
export function createSetup({ config, tls, access, given, address, log }: SetupParts): Setup {
  const { users, tokens, audit } = access;
  return new Setup({
    ...{ dataFolder: config.dataFolder, users, tokens, audit, address },
    given: given ?? { source: undefined, settings: {} },
    isUnwanted: !given || tls.isEarlierInstallation || config.http.auth === 'none',
    isHttps: !tls.server.isPlainTextAllowed,
    enrol: async (site, code) => {
      const { dataFolder } = config;
      const parts = { dataFolder, site, hasOwnPassword: hasOwnPassword(config) };
      return (await enrol(parts, code)).relay.address;
    },
    fingerprint: async () => fingerprintOf((await tls.certificates.credentials()).chain),
    log: log.child({ component: 'set-up' }),
  });
}
