import { type Kysely, sql } from 'kysely';
import { unavailabilityOf } from './database-unavailable.js';
import { isDatabaseBusy, isStorageFailure } from './storage-failure.js';

/** What became of one item of a batch. */
export type Outcome<Value> = PromiseSettledResult<Value>;

/**
 * Commits the items together. If that fails because of one of them, commits each group separately, so that only the
 * group with the fault fails. Resolves with one outcome for each item, in order. `commit` writes its items in one
 * transaction and resolves with their values; it is called again for items whose transaction was rolled back.
 */
export async function commitInGroups<Tables, Item, Value>(
  db: Kysely<Tables>,
  items: Item[],
  groupOf: (item: Item) => unknown,
  commit: (items: Item[]) => Promise<Value[]>,
): Promise<Outcome<Value>[]> {
  const together = await outcomesOf(items, commit);
  const [first] = together;
  if (first?.status !== 'rejected') return together;
  const groups = groupsOf(items, groupOf);
  if (groups.length < 2) return together;
  let unavailable = await refusesAll(db, first);
  const outcomes = new Map<number, Outcome<Value>>();
  for (const group of groups) {
    const members = group.map(({ item }) => item);
    const own = unavailable ? members.map(() => first) : await outcomesOf(members, commit);
    for (const [i, { index }] of group.entries()) outcomes.set(index, own[i] ?? first);
    const [outcome] = own;
    if (!unavailable && outcome?.status === 'rejected') unavailable = await refusesAll(db, outcome);
  }
  return items.map((_, index) => outcomes.get(index) ?? first);
}

/** All have a value, or all were rejected for the same reason. */
async function outcomesOf<Item, Value>(
  items: Item[],
  commit: (items: Item[]) => Promise<Value[]>,
): Promise<Outcome<Value>[]> {
  try {
    const values = await commit(items);
    return values.map((value) => ({ status: 'fulfilled', value }));
  } catch (reason) {
    return items.map(() => ({ status: 'rejected', reason }));
  }
}

interface Member<Item> {
  item: Item;
  index: number;
}

function groupsOf<Item>(items: Item[], groupOf: (item: Item) => unknown): Member<Item>[][] {
  const groups = new Map<unknown, Member<Item>[]>();
  for (const [index, item] of items.entries()) {
    const key = groupOf(item);
    const group = groups.get(key);
    if (group) group.push({ item, index });
    else groups.set(key, [{ item, index }]);
  }
  return [...groups.values()];
}

/** Whether the database accepts no writes at present, whatever they are: trying each group would only cost time. */
async function refusesAll<Tables>(
  db: Kysely<Tables>,
  { reason }: PromiseRejectedResult,
): Promise<boolean> {
  if (isStorageFailure(reason) || isDatabaseBusy(reason) || unavailabilityOf(reason)) return true;
  return sql`select 1`.execute(db).then(
    () => false,
    () => true,
  );
}
