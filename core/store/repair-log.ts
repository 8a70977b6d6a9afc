import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { toIsoString } from '../runtime/clock.js';
import { readIfPresent, writeWhole } from './database-files.js';
import type { Salvaged } from './salvage/salvage-database.js';

/** Repairs that are remembered until somebody accepts them; beyond that the oldest are forgotten. */
const MAX_REPAIRS = 8;

const repairSchema = z.object({
  /** Milliseconds since the Unix epoch. */
  at: z.number(),
  /** What was wrong. */
  cause: z.string(),
  losses: z.array(z.object({ table: z.string(), kept: z.number(), lost: z.number().nullable() })),
  notes: z.array(z.string()),
});
const repairsSchema = z.array(repairSchema);

/** One repair of a database. */
export type Repair = z.infer<typeof repairSchema>;

/** The repairs of a database that nobody has accepted yet: a file beside it, so that restarts do not hide them. */
export class RepairLog {
  readonly #path: string;

  constructor(private readonly file: string) {
    this.#path = `${file}.repairs.json`;
  }

  /** Oldest first. A log that cannot be read counts as empty. */
  read(): Repair[] {
    try {
      const text = readIfPresent(this.#path);
      return text === undefined ? [] : repairsSchema.parse(JSON.parse(text));
    } catch {
      return [];
    }
  }

  add(repair: Repair): void {
    writeWhole(this.#path, JSON.stringify([...this.read(), repair].slice(-MAX_REPAIRS)));
  }

  /** Forgets the repairs. */
  accept(): void {
    rmSync(this.#path, { force: true });
  }

  /** One line for each repair, for operators. */
  lines(): string[] {
    return this.read().map((repair) => describeRepair(this.file, repair));
  }
}

export function describeRepair(file: string, { at, cause, losses, notes }: Repair): string {
  const when = toIsoString(at).slice(0, 16).replace('T', ' ');
  const lost = losses.filter((loss) => loss.lost !== 0).map(describeLoss);
  const parts = [lost.length > 0 ? `lost: ${lost.join(', ')}` : 'all rows were read', ...notes];
  return `${basename(file)} was damaged (${cause}) and repaired at ${when} UTC; ${parts.join('; ')}`;
}

const describeLoss = ({ table, lost, kept }: Salvaged['losses'][number]): string =>
  lost === null
    ? `an unknown number of rows of ${table} (${kept} kept)`
    : `${lost} rows of ${table} (${kept} kept)`;
