import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../core/store/database.js';
import { DatabaseProbe } from '../../../core/store/database-probe.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const opened = async () => openDatabase<object>(join(await temporaryFolder(), 'test.db'), {});

test('a database that answers is healthy, even if it answers with an error', async (t) => {
  const { db, close } = await opened();
  t.is(await new DatabaseProbe(db).check(), undefined);
  await close();
  t.is(await new DatabaseProbe(db).check(), undefined);
});

test('behind a transaction that does not end there is no answer until it ends', async (t) => {
  const { db, close } = await opened();
  t.teardown(close);
  let end: () => void = () => undefined;
  let begun: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const transaction = db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx);
    begun();
    await new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  await isOpen;
  let hasAnswered = false;
  const answer = new DatabaseProbe(db).check().then(() => {
    hasAnswered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.false(hasAnswered);
  end();
  await Promise.all([transaction, answer]);
  t.true(hasAnswered);
});
