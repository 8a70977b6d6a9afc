import { ProblemError } from '../runtime/errors.js';
import type { AccessDb, AccessTransaction } from './tables.js';
import { tokenTable } from './token-table.js';
import { userTable } from './user-table.js';

/**
 * Runs a change in a transaction. Throws `last_administrator`, and undoes the change, if there was an administrator
 * before it (a user or a token) and there is none after it.
 */
export const keepingAnAdministrator = <T>(
  db: AccessDb,
  now: number,
  change: (transaction: AccessTransaction) => Promise<T>,
): Promise<T> =>
  db.transaction().execute(async (transaction) => {
    const before = await countAdministrators(transaction, now);
    const result = await change(transaction);
    if (before > 0 && (await countAdministrators(transaction, now)) === 0)
      throw new ProblemError(
        'last_administrator',
        'This is the last administrator: nobody could administer the program after that. Add another user or token with the role "admin" first.',
      );
    return result;
  });

const countAdministrators = async (db: AccessDb, now: number): Promise<number> =>
  (await userTable.countAdmins(db)) + (await tokenTable.countAdmins(db, now));
