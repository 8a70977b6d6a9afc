import Sqlite from 'better-sqlite3';
import { messageOf } from '../runtime/errors.js';
import { isDamage } from './damage.js';

/** Prints `[null]` if the database is sound, else `[fault]`. Exit code 1 if it could not be checked. */
function check(file: string, pragma: string): string | null {
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = new Sqlite(file, { readonly: true, timeout: 2_000 });
    const [found] = sqlite.prepare(`pragma ${pragma}(1)`).pluck().all() as string[];
    return found === 'ok' ? null : (found ?? 'no result').replace(/\s+/g, ' ');
  } catch (error) {
    if (isDamage(error)) return messageOf(error);
    throw error;
  } finally {
    sqlite?.close();
  }
}

const [, , file = '', pragma = 'quick_check'] = process.argv;
process.stdout.write(JSON.stringify([check(file, pragma)]));
