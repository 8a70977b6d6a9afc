import { type Checks, expect } from './checklist.js';
import type { InstalledProgram } from './installed-program.js';

/** The checks of siteglass-relay; its package is /root/relay.deb. */
export function relayChecks(relay: InstalledProgram): Checks {
  const { machine } = relay;
  return {
    'relay: install': async () => {
      const last = relay.install('/root/relay.deb').split('\n').at(-1) ?? '';
      await relay.untilReady();
      return `“${last}”`;
    },
    'relay: detect': () => relay.detect(),
    'relay: memory': () => relay.memory(),
    'relay: purge': () => {
      machine.run('DEBIAN_FRONTEND=noninteractive apt-get purge --yes siteglass-relay 2>&1');
      const left = relay.traces();
      expect(left === '', 'nothing', left);
      return 'nothing remains';
    },
  };
}
