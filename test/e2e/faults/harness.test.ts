import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Kysely } from 'kysely';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { openRelayTables } from './relay-tables.js';
import { exitCode, failureReport, tableRow, totals } from './report.js';
import { type Outcome, runScenario } from './run-scenario.js';
import type { Scenario } from './scenario.js';

/** Runs a scenario without a fault, but with somebody who meddles with the relay's database. */
async function meddle(
  t: ExecutionContext,
  how: (db: Kysely<RelayTables>) => Promise<unknown>,
): Promise<Outcome> {
  const folder = join(await temporaryFolder(), 'world');
  t.teardown(() => rm(join(folder, '..'), { recursive: true, force: true }));
  const scenario: Scenario = {
    name: 'meddled-with',
    what: 'somebody meddles with the database',
    async faults(world) {
      await world.delivered(20);
      const { db, close } = await openRelayTables(world.database);
      await how(db);
      await close();
    },
  };
  const newDatabase = () => Promise.reject(new Error('not needed'));
  return runScenario(scenario, { folder, seed: 1, pace: 'quick', newDatabase });
}

const aRow = (db: Kysely<RelayTables>) =>
  db.selectFrom('summary').selectAll().where('seq', '=', 7).executeTakeFirstOrThrow();

function isReported(t: ExecutionContext, outcome: Outcome) {
  t.false(outcome.passed);
  t.is(exitCode([outcome]), 1);
  t.regex(tableRow(outcome), /FAILED$/);
  t.true(failureReport(outcome).includes(`seed 1; logs and databases: ${outcome.folder}`));
  for (const log of ['north.log', 'relay-1.log', 'mosquitto.log', 'relay.db', 'north.ledger'])
    t.true(existsSync(join(outcome.folder, log)), log);
}

test('the proof passes if nothing happens, and leaves nothing behind', async (t) => {
  const outcome = await meddle(t, async () => undefined);
  t.like(outcome, { passed: true, lost: 0, doubled: 0, problems: [] });
  t.true(outcome.produced >= 20);
  t.false(existsSync(outcome.folder));
  t.is(exitCode([outcome]), 0);
  t.regex(totals([outcome]), /^1 scenarios, 0 failed, \d+ produced, 0 lost, 0 duplicated$/);
});

test('the proof fails if a summary is missing', async (t) => {
  const outcome = await meddle(t, async (db) => {
    const { snapshot } = await aRow(db);
    await db.deleteFrom('summary').where('snapshot', '=', snapshot).execute();
  });
  t.like(outcome, { lost: 1, doubled: 0 });
  isReported(t, outcome);
});

test('the proof fails if a summary is stored twice', async (t) => {
  const outcome = await meddle(t, async (db) =>
    db
      .insertInto('summary')
      .values(await aRow(db))
      .execute(),
  );
  t.like(outcome, { lost: 0, doubled: 1 });
  isReported(t, outcome);
});

test('the proof fails if a summary is stored again in another epoch', async (t) => {
  const outcome = await meddle(t, async (db) =>
    db
      .insertInto('summary')
      .values({ ...(await aRow(db)), epoch: randomUUID(), seq: 1 })
      .execute(),
  );
  t.like(outcome, { lost: 0, doubled: 1 });
  isReported(t, outcome);
});

test('the proof fails if the relay has something that was never produced', async (t) => {
  const snapshot = randomUUID();
  const outcome = await meddle(t, (db) =>
    db.updateTable('summary').set({ snapshot }).where('seq', '=', 7).execute(),
  );
  t.is(outcome.lost, 1);
  t.true(outcome.problems.includes(`${snapshot} was never produced`));
  isReported(t, outcome);
});

test('the proof fails if the relay acknowledges what it does not have', async (t) => {
  const outcome = await meddle(t, (db) =>
    db
      .updateTable('ledger')
      .set((eb) => ({ acked_seq: eb('acked_seq', '+', 500) }))
      .execute(),
  );
  t.true(outcome.lost > 0 || outcome.problems.length > 0);
  isReported(t, outcome);
});

test('the proof fails if the relay reports a gap', async (t) => {
  const outcome = await meddle(t, async (db) => {
    const { site, epoch } = await aRow(db);
    const gap = { from_seq: 3, to_seq: 4, noticed_at: 0, reason: 'unreported' as const };
    await db
      .insertInto('absence')
      .values({ site, epoch, ...gap })
      .execute();
  });
  t.true(outcome.problems.some((problem) => problem.endsWith('lacks 3 to 4')));
  isReported(t, outcome);
});

test('a proof in which nothing ran does not pass', (t) => {
  t.is(exitCode([]), 1);
});
