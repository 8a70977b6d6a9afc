import { expect } from './checklist.mjs';

/** What is checked of siteglass-relay, in order; /root/relay.deb is its package. */
export function relayChecks(relay) {
  const { machine } = relay;
  return {
    'relay: install': async () => {
      const last = relay.install('/root/relay.deb').split('\n').at(-1);
      await relay.untilReady();
      return `“${last}”`;
    },
    'relay: detect': () => relay.detect(),
    'relay: memory': () => relay.memory(),
    'relay: purge': () => {
      machine.run('DEBIAN_FRONTEND=noninteractive apt-get purge --yes siteglass-relay 2>&1');
      const left = relay.traces();
      expect(left === '', 'nothing left', left);
      return 'nothing is left';
    },
  };
}
