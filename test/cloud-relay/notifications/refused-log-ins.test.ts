import test from 'ava';
import { refusedLogIns } from '../../../cloud-relay/notifications/refused-log-ins.js';
import { Audit } from '../../../core/access/audit.js';
import { relayRuleSchema } from '../../../core/contract/notification.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { startAccess } from '../../support/access.js';

const MINUTE_MS = 60_000;

test('logins that any of several relays refused are counted together, for ten minutes', async (t) => {
  const { audit, db, clock } = await startAccess(t);
  const other = new Audit({ db, clock: () => clock.now, log: silentLogger() });
  t.teardown(() => other.stop());
  const rule = relayRuleSchema.parse({
    ...{ id: 'log-ins', when: 'log_in_refused', threshold: 5, ways: ['hook'] },
  });
  const source = refusedLogIns(db, () => clock.now);
  const state = async () => (await source.conditions(rule))[0]?.state;
  const refuse = async (at: Audit, times: number, address: string) => {
    for (let i = 0; i < times; i++)
      at.record({ action: 'log_in_refused', actor: { name: 'mara', kind: 'anyone', address } });
    await at.flush();
  };
  await refuse(audit, 2, '192.0.2.1');
  audit.record({ action: 'log_in', actor: { name: 'mara', kind: 'user', address: '192.0.2.1' } });
  await audit.flush();
  t.is(await state(), 'ok');
  await refuse(other, 3, '192.0.2.2');
  const [condition] = await source.conditions(rule);
  t.is(condition?.state, 'problem');
  t.regex(condition?.happening.text ?? '', /^5 logins were refused .* 192\.0\.2\.2, 192\.0\.2\.1/);
  clock.now += 11 * MINUTE_MS;
  t.is(await state(), 'ok');
});
