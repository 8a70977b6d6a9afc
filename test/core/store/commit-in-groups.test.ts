import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { commitInGroups, type Outcome } from '../../../core/store/commit-in-groups.js';
import { openDatabase } from '../../../core/store/database.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function opened(t: ExecutionContext) {
  const opened = await openDatabase<object>(join(await temporaryFolder(), 'test.db'), {});
  t.teardown(opened.close);
  return opened;
}

/** Refuses the items of a group; notes what was tried. */
function refusing(refused: string, error: Error) {
  const tried: string[][] = [];
  const commit = async (items: string[]) => {
    tried.push(items);
    if (items.some((item) => item.startsWith(refused))) throw error;
    return items.map((item) => item.toUpperCase());
  };
  return { tried, commit };
}

const groupOf = (item: string) => item[0];
const shown = (outcomes: Outcome<string>[]) =>
  outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason));

test('items without a fault are committed together', async (t) => {
  const { db } = await opened(t);
  const { tried, commit } = refusing('none', new Error());
  t.deepEqual(shown(await commitInGroups(db, ['a1', 'b1'], groupOf, commit)), ['A1', 'B1']);
  t.deepEqual(tried, [['a1', 'b1']]);
});

test('a fault fails its own group, and the outcomes keep the order of the items', async (t) => {
  const { db } = await opened(t);
  const fault = new Error('refused');
  const { tried, commit } = refusing('b', fault);
  const outcomes = await commitInGroups(db, ['a1', 'b1', 'a2', 'c1'], groupOf, commit);
  t.deepEqual(shown(outcomes), ['A1', fault, 'A2', 'C1']);
  t.deepEqual(tried, [['a1', 'b1', 'a2', 'c1'], ['a1', 'a2'], ['b1'], ['c1']]);
});

test('a group that is alone in its batch is not tried twice', async (t) => {
  const { db } = await opened(t);
  const fault = new Error('refused');
  const { tried, commit } = refusing('a', fault);
  t.deepEqual(shown(await commitInGroups(db, ['a1', 'a2'], groupOf, commit)), [fault, fault]);
  t.is(tried.length, 1);
});

test('while the database accepts no writes, the groups are not tried separately', async (t) => {
  const { db } = await opened(t);
  const full = Object.assign(new Error('no room'), { code: 'SQLITE_FULL' });
  const { tried, commit } = refusing('a', full);
  t.deepEqual(shown(await commitInGroups(db, ['a1', 'b1'], groupOf, commit)), [full, full]);
  t.is(tried.length, 1);
});

test('while the database does not answer, the groups are not tried separately', async (t) => {
  const { db, close } = await opened(t);
  const lost = new Error('connection lost');
  const { tried, commit } = refusing('a', lost);
  await sql`select 1`.execute(db);
  await close();
  t.deepEqual(shown(await commitInGroups(db, ['a1', 'b1'], groupOf, commit)), [lost, lost]);
  t.is(tried.length, 1);
});
