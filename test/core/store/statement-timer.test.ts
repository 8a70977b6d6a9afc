import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { pino } from 'pino';
import { openDatabase } from '../../../core/store/database.js';
import { StatementTimer } from '../../../core/store/statement-timer.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Line {
  msg: string;
  statement: string;
  ms: number;
}

function logged() {
  const lines: Line[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  return { lines, log };
}

test('a slow statement is logged once, without its values', (t) => {
  const { lines, log } = logged();
  let now = 0;
  const timer = new StatementTimer(log, 50, () => now);
  const take = (ms: number) => () => {
    now += ms;
    return 'result';
  };
  t.is(timer.time('select 1', take(50)), 'result');
  t.deepEqual(lines, []);
  const text = `insert into a values (?, ?, ?), (?, ?, ?),\n (?, ?, ?) on conflict (b) do update set c = 'it''s secret'`;
  for (let i = 0; i < 3; i++) timer.time(text, take(80));
  t.is(timer.slow, 3);
  t.deepEqual(
    lines.map(({ statement, ms }) => [statement, ms]),
    [['insert into a values (?), … on conflict (b) do update set c = ?', 80]],
  );
  t.is(timer.longest.ms, 80);
  timer.reset();
  t.is(timer.longest.ms, 0);
});

test('a statement that fails is measured, too, and fails as before', (t) => {
  let now = 0;
  const timer = new StatementTimer(undefined, 50, () => now);
  t.throws(
    () =>
      timer.time('select', () => {
        now += 60;
        throw new Error('fails');
      }),
    { message: 'fails' },
  );
  t.is(timer.slow, 1);
});

test('the statements of a database are measured', async (t) => {
  const timer = new StatementTimer();
  const { db, close } = await openDatabase<Record<string, never>>(
    join(await temporaryFolder(t), 'a.db'),
    {},
    undefined,
    timer,
  );
  t.teardown(close);
  timer.reset();
  await sql`select ${'value'} as named`.execute(db);
  t.is(timer.longest.statement, 'select ? as named');
});
