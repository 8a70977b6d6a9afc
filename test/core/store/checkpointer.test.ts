import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { silentLogger } from '../../../core/runtime/logger.js';
import { Checkpointer } from '../../../core/store/checkpointer.js';
import { openSqlite } from '../../../core/store/database.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('the write-ahead log gets into the database without a checkpoint in a commit, and closing removes it', async (t) => {
  const file = join(await temporaryFolder(t), 'a.db');
  const sqlite = openSqlite(file);
  const checkpointer = new Checkpointer(file, sqlite, silentLogger());
  checkpointer.start();
  sqlite.exec('create table a (text)');
  const insert = sqlite.prepare('insert into a values (?)');
  const pending = () => {
    const [state] = sqlite.pragma('wal_checkpoint(NOOP)') as {
      log: number;
      checkpointed: number;
    }[];
    return state ? state.log - state.checkpointed : 0;
  };
  const write = () =>
    sqlite.transaction(() => {
      for (let i = 0; i < 1_500; i++) insert.run('x'.repeat(4_000));
    })();
  write();
  t.true(pending() >= 1_500, 'the commit did not write it');
  await eventually(() => pending() === 0);
  write();
  await eventually(() => pending() === 0);
  await checkpointer.stop();
  t.is(sqlite.prepare('select count(*) from a').pluck().get(), 3_000);
  sqlite.close();
  t.false(existsSync(`${file}-wal`));
});

test('it ends while its thread works, and without one', async (t) => {
  const file = join(await temporaryFolder(t), 'a.db');
  const sqlite = openSqlite(file);
  t.teardown(() => sqlite.close());
  const idle = new Checkpointer(file, sqlite, silentLogger());
  idle.start();
  await idle.stop();
  const missing = new Checkpointer(`${file}.missing`, sqlite, silentLogger());
  missing.start();
  sqlite.exec(`create table a (text); with recursive n(i) as (select 1 union all select i + 1 from n
    where i < 3000) insert into a select hex(zeroblob(2000)) from n`);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await missing.stop();
  t.pass();
});
