import type { Kysely } from 'kysely';
import { ProblemError } from '../../core/runtime/errors.js';
import type { RelayTables, SiteRow } from '../store/relay-tables.js';
import { site } from '../store/site-table.js';

/** Throws `not_found`. */
export async function existingSite(db: Kysely<RelayTables>, id: string): Promise<SiteRow> {
  const row = await site(db, id);
  if (!row) throw siteNotFound(id);
  return row;
}

export const siteNotFound = (id: string) => new ProblemError('not_found', `there is no site ${id}`);
