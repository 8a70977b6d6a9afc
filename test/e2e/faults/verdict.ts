import { isDeepStrictEqual } from 'node:util';
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

/**
 * `sites` are the ids that the site had, the present one last. With `recognises`, the relay may account for a number
 * without a summary, since it has that summary of an earlier epoch.
 */
export async function judge(
  db: Kysely<RelayTables>,
  sites: string[],
  { required, allowed, refused = new Set(), contents = new Map() }: Produced,
  outbox: OutboxSeen | undefined,
  recognises = false,
): Promise<Verdict> {
  const rows = await db
    .selectFrom('summary')
    .select(['epoch', 'seq', 'snapshot', 'payload'])
    .where('site', 'in', sites)
    .execute();
  const times = new Map<string, number>();
  for (const { snapshot } of rows) times.set(snapshot, (times.get(snapshot) ?? 0) + 1);
  const arrived = [...times.keys()];
  const foreign = arrived.filter((id) => !required.has(id) && !allowed.has(id));
  const altered = rows.filter(({ snapshot, payload }) => {
    const content = contents.get(snapshot);
    return content !== undefined && !isDeepStrictEqual(JSON.parse(payload), JSON.parse(content));
  });
  return {
    produced: new Set([...required, ...arrived]).size - foreign.length,
    lost: [...required].filter((id) => !times.has(id)),
    doubled: arrived.filter((id) => (times.get(id) ?? 0) > 1),
    problems: [
      ...foreign.map((id) => `${id} was never produced`),
      ...altered.map(({ snapshot }) => `${snapshot} was altered on the way`),
      ...(await ledgerProblems(db, sites, rows, refused.size, recognises)),
      ...(await outboxProblems(db, sites.at(-1) ?? '', outbox)),
    ],
  };
}

interface Row {
  epoch: string;
  seq: number;
}

/**
 * In each epoch, numbers go from 1 without a hole, and the relay's own ledger says the same. Holes are allowed only for
 * what was refused, if the relay knows it, and with `recognises` for what it has of an earlier epoch.
 */
async function ledgerProblems(
  db: Kysely<RelayTables>,
  sites: string[],
  rows: Row[],
  refused: number,
  recognises: boolean,
): Promise<string[]> {
  const ledgers = await db.selectFrom('ledger').selectAll().where('site', 'in', sites).execute();
  const absences = await db.selectFrom('absence').selectAll().where('site', 'in', sites).execute();
  const known = absences.filter(({ reason }) => reason === 'refused');
  const others = absences.filter(({ reason }) => reason !== 'refused');
  const numbers = new Map<string, number[]>();
  for (const { epoch, seq } of rows) {
    const seqs = numbers.get(epoch);
    if (seqs) seqs.push(seq);
    else numbers.set(epoch, [seq]);
  }
  const problems = others.map(
    ({ epoch, from_seq, to_seq }) => `${epoch} lacks ${from_seq} to ${to_seq}`,
  );
  const refusedAtRelay = known.reduce((sum, gap) => sum + gap.to_seq - gap.from_seq + 1, 0);
  if (refusedAtRelay !== refused)
    problems.push(`the relay knows ${refusedAtRelay} refused summaries of ${refused}`);
  for (const epoch of numbers.keys())
    if (!ledgers.some((ledger) => ledger.epoch === epoch)) problems.push(`${epoch} has no ledger`);
  for (const { epoch, acked_seq, ahead, summaries } of ledgers) {
    const refusedHere = known
      .filter((gap) => gap.epoch === epoch)
      .flatMap(({ from_seq, to_seq }) => range(from_seq, to_seq));
    const stored = numbers.get(epoch) ?? [];
    const seqs = [...stored, ...refusedHere].sort((a, b) => a - b);
    const hole = seqs.findIndex((seq, i) => seq !== i + 1);
    if (hole >= 0 && !recognises)
      problems.push(`${epoch} has ${seqs[hole]} in the place of ${hole + 1}`);
    if (recognises ? acked_seq < seqs.length : acked_seq !== seqs.length)
      problems.push(`${epoch} is acknowledged up to ${acked_seq}, and has ${seqs.length}`);
    if (summaries !== stored.length)
      problems.push(`${epoch} counts ${summaries} summaries, and has ${stored.length}`);
    if (ahead !== '[]') problems.push(`${epoch} has a gap below ${ahead}`);
  }
  return problems;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

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
