import type { Kysely } from 'kysely';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import type { OutboxSeen } from './outbox-file.js';
import type { Produced } from './site.js';

/** How what a site produced stands against what the relay has. */
export interface Verdict {
  /** Summaries that had to be at the relay, or were rightly there. */
  produced: number;
  lost: string[];
  /** Those that the relay has more than once. */
  doubled: string[];
  /** Whatever else is not as it has to be, in words. */
  problems: string[];
}

export async function judge(
  db: Kysely<RelayTables>,
  site: string,
  { required, allowed }: Produced,
  outbox: OutboxSeen | undefined,
): Promise<Verdict> {
  const rows = await db
    .selectFrom('summary')
    .select(['epoch', 'seq', 'snapshot'])
    .where('site', '=', site)
    .execute();
  const times = new Map<string, number>();
  for (const { snapshot } of rows) times.set(snapshot, (times.get(snapshot) ?? 0) + 1);
  const arrived = [...times.keys()];
  const foreign = arrived.filter((id) => !required.has(id) && !allowed.has(id));
  return {
    produced: new Set([...required, ...arrived]).size - foreign.length,
    lost: [...required].filter((id) => !times.has(id)),
    doubled: arrived.filter((id) => (times.get(id) ?? 0) > 1),
    problems: [
      ...foreign.map((id) => `${id} was never produced`),
      ...(await ledgerProblems(db, site, rows)),
      ...(await outboxProblems(db, site, outbox)),
    ],
  };
}

interface Row {
  epoch: string;
  seq: number;
}

/** In each epoch, numbers go from 1 without a hole, and the relay's own ledger says the same. */
async function ledgerProblems(
  db: Kysely<RelayTables>,
  site: string,
  rows: Row[],
): Promise<string[]> {
  const ledgers = await db.selectFrom('ledger').selectAll().where('site', '=', site).execute();
  const absences = await db.selectFrom('absence').selectAll().where('site', '=', site).execute();
  const numbers = new Map<string, number[]>();
  for (const { epoch, seq } of rows) {
    const seqs = numbers.get(epoch);
    if (seqs) seqs.push(seq);
    else numbers.set(epoch, [seq]);
  }
  const problems = absences.map(
    ({ epoch, from_seq, to_seq }) => `${epoch} lacks ${from_seq} to ${to_seq}`,
  );
  for (const epoch of numbers.keys())
    if (!ledgers.some((ledger) => ledger.epoch === epoch)) problems.push(`${epoch} has no ledger`);
  for (const { epoch, acked_seq, ahead, summaries } of ledgers) {
    const seqs = (numbers.get(epoch) ?? []).sort((a, b) => a - b);
    const hole = seqs.findIndex((seq, i) => seq !== i + 1);
    if (hole >= 0) problems.push(`${epoch} has ${seqs[hole]} in the place of ${hole + 1}`);
    if (acked_seq !== seqs.length)
      problems.push(`${epoch} is acknowledged up to ${acked_seq}, and has ${seqs.length}`);
    if (summaries !== seqs.length)
      problems.push(`${epoch} counts ${summaries} summaries, and has ${seqs.length}`);
    if (ahead !== '[]') problems.push(`${epoch} has a gap below ${ahead}`);
  }
  return problems;
}

/** The acknowledgement has reached the last number that the appliance gave out. */
async function outboxProblems(
  db: Kysely<RelayTables>,
  site: string,
  outbox: OutboxSeen | undefined,
): Promise<string[]> {
  if (!outbox) return ['the appliance has no outbox'];
  const { epoch, lastSeq, ackedSeq, waiting } = outbox;
  const ledger = await db
    .selectFrom('ledger')
    .select('acked_seq')
    .where('site', '=', site)
    .where('epoch', '=', epoch)
    .executeTakeFirst();
  const problems: string[] = [];
  if (ackedSeq !== lastSeq)
    problems.push(`the appliance is acknowledged up to ${ackedSeq} of ${lastSeq}`);
  if (waiting > 0) problems.push(`${waiting} rows are left in the outbox`);
  if ((ledger?.acked_seq ?? 0) !== lastSeq)
    problems.push(`the relay is at ${ledger?.acked_seq ?? 0} of ${lastSeq}`);
  return problems;
}
