import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Kysely } from 'kysely';
import { CutOffWatch } from '../../../cloud-relay/fleet/cut-off-watch.js';
import { credentialTable } from '../../../cloud-relay/store/enrolment-table.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { log } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { relayDatabases, withSites } from '../../support/relay-databases.js';

async function startWatch(t: ExecutionContext, db: Kysely<RelayTables>): Promise<string[]> {
  const disconnected: string[] = [];
  const watch = new CutOffWatch(db, (site) => disconnected.push(site), log);
  await watch.start();
  t.teardown(() => watch.stop());
  return disconnected;
}

for (const { name, open } of relayDatabases(test)) {
  const cutOff = (db: Kysely<RelayTables>, site: string, commit: Promise<unknown>) =>
    db.transaction().execute(async (trx) => {
      await credentialTable.cutOff(trx, site);
      await commit;
    });

  test(`sites that two commands cut off at once are both disconnected, whichever commits first (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north', 'south');
    await cutOff(db, 'north', Promise.resolve());
    const disconnected = await startWatch(t, db);
    const slow = cutOff(db, 'north', sleep(2_000));
    await sleep(200);
    const fast = cutOff(db, 'south', Promise.resolve());
    await Promise.all([slow, fast]);
    await eventually(() => disconnected.length === 2);
    t.deepEqual(disconnected.toSorted(), ['north', 'south']);
  });

  test(`a site that is cut off twice is disconnected twice, and not for what was before the start (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    await cutOff(db, 'north', Promise.resolve());
    const disconnected = await startWatch(t, db);
    for (let times = 1; times <= 2; times++) {
      await cutOff(db, 'north', Promise.resolve());
      await eventually(() => disconnected.length === times);
    }
    await sleep(1_200);
    t.deepEqual(disconnected, ['north', 'north']);
  });
}
