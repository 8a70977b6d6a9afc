import test from 'ava';
import { pino } from 'pino';
import { SiteRegistry } from '../../../cloud-relay/fleet/site-registry.js';
import { relayDatabase } from '../../support/delivery-fixtures.js';

test('sites beyond the limit are refused until they are provisioned, and the log says so once', async (t) => {
  const lines: { site: string; maxSites: number }[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(JSON.parse(line)) });
  const db = await relayDatabase(t);
  const registry = new SiteRegistry(db, { admitUnknown: true, maxSites: 2 }, log);
  await registry.start();
  for (const site of ['a', 'b']) t.true(await registry.admit(site));
  for (const site of ['c', 'd', 'c']) t.false(await registry.admit(site));
  t.true(await registry.admit('a'));
  t.deepEqual(
    lines.map(({ site, maxSites }) => [site, maxSites]),
    [['c', 2]],
  );
  registry.add('c');
  t.true(await registry.admit('c'));
});
