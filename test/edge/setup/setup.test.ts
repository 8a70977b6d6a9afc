import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { silentLogger } from '../../../core/runtime/logger.js';
import { Setup } from '../../../edge/setup/setup.js';
import { GOOD_PASSWORD, startAccess } from '../../support/access.js';

test('the audit log has a set-up, and the enrolment that was part of it', async (t) => {
  const { users, tokens, audit, folder } = await startAccess(t);
  const setup = new Setup({
    ...{ dataFolder: folder, users, tokens, audit, log: silentLogger() },
    given: { source: undefined, settings: {} },
    ...{ isUnwanted: false, isHttps: true },
    address: () => ({ host: '127.0.0.1', port: 8080 }),
    enrol: async () => 'relay.example.com:443',
    fingerprint: async () => '',
  });
  await setup.start();
  t.teardown(() => setup.stop());
  t.true(readFileSync(join(folder, 'set-up-code'), 'utf8').length > 0);
  const administrator = { name: 'mara', password: GOOD_PASSWORD };
  const relay = { code: 'SG1-CODE' };
  await setup.complete({ site: 'harbour', network: 'lan', administrator, relay }, '192.0.2.7');
  const entries = await audit.page({ limit: 10 });
  const by = { actor: 'mara', actor_kind: 'user', address: '192.0.2.7' };
  t.like(entries[0], { action: 'set_up', subject: 'harbour', ...by });
  t.like(entries[1], { action: 'enrolled', subject: 'relay.example.com:443', ...by });
});
