import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { duration, systemClock, toIsoString } from '../../core/runtime/clock.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { StartError } from '../../core/runtime/errors.js';
import { namingDamage } from '../../core/store/damage.js';
import { kyselyOver } from '../../core/store/dialect.js';
import { openReadOnly } from '../../core/store/read-only.js';
import type { EdgeConfig } from '../config.js';
import { Outbox, type OutboxState } from '../store/outbox.js';
import type { OutboxHour } from '../store/outbox-hours.js';
import { type RefusedSummary, refusedSummaries } from '../store/outbox-refused.js';
import type { OutboxTables } from '../store/outbox-tables.js';

/** The backlog for the relay, or what was refused, as text. Reads the database, so it works whether the appliance runs or not. */
export async function outboxCommand(
  { site, dataFolder, outbox }: EdgeConfig,
  { refused, json }: Partial<Pick<CommandOptions, 'refused' | 'json'>> = {},
): Promise<string> {
  const file = join(dataFolder, 'edge.db');
  if (!existsSync(file)) throw new StartError(`${file} does not exist: nothing was recorded yet`);
  return namingDamage(file, 'siteglass-edge', () =>
    describe(file, site, outbox, { refused, json }),
  );
}

async function describe(
  file: string,
  site: string,
  outbox: EdgeConfig['outbox'],
  { refused = false, json = false }: { refused?: boolean | undefined; json?: boolean | undefined },
): Promise<string> {
  const db = kyselyOver<OutboxTables>(openReadOnly(file));
  try {
    if (refused) {
      const rows = await refusedSummaries(db);
      return json
        ? toJson({ site, refused: rows.map(refusedJson) })
        : refusedTable(rows).join('\n');
    }
    const store = new Outbox(db, systemClock, outbox);
    const [state, { oldestSeconds }, hours] = [
      await store.state(),
      await store.depth(),
      await store.hours(),
    ];
    if (json) return toJson(outboxJson(site, state, oldestSeconds, hours, outbox.maxBytes));
    return [...facts(site, state, oldestSeconds, outbox.maxBytes), '', ...table(hours)].join('\n');
  } finally {
    await db.destroy();
  }
}

function facts(
  site: string,
  { epoch, summaries, bytes, ackedSeq, lastSeq, evicted, refused }: OutboxState,
  oldestSeconds: number | null,
  maxBytes: number,
): string[] {
  const oldest = oldestSeconds === null ? '' : `, the oldest for ${duration(oldestSeconds)}`;
  const size = `${megabytes(bytes)} of ${megabytes(maxBytes)} MB`;
  return [
    `site          ${site}`,
    `waiting       ${summaries} summaries, ${size}${oldest}`,
    `acknowledged  up to ${ackedSeq} of ${lastSeq}`,
    `evicted       ${evicted}`,
    ...(refused > 0
      ? [`set aside     ${refused}; "siteglass-edge outbox --refused" shows which and why`]
      : []),
    `epoch         ${epoch}`,
  ];
}

function table(hours: OutboxHour[]): string[] {
  const line = (...cells: [string, ...(string | number)[]]) =>
    cells
      .map((cell, i) => (i === 0 ? String(cell).padEnd(17) : String(cell).padStart(14)))
      .join('');
  return [
    line('hour (UTC)', 'added', 'acknowledged', 'evicted'),
    ...hours.map(({ began, added, acknowledged, evicted }) =>
      line(toIsoString(began).slice(0, 16).replace('T', ' '), added, acknowledged, evicted),
    ),
  ];
}

function refusedTable(refused: RefusedSummary[]): string[] {
  if (refused.length === 0) return ['no summary was set aside'];
  return refused.flatMap(({ epoch, seq, reason, summary, bytes, refusedAt }) => [
    `${seq} of epoch ${epoch}: ${reason}`,
    `  camera ${summary.camera ?? 'unknown'}, snapshot ${summary.snapshot ?? 'unknown'}, ${bytes} bytes, ` +
      `set aside ${refusedAt > 0 ? toIsoString(refusedAt) : 'at an unknown time'}`,
  ]);
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

const toJson = (value: object): string => JSON.stringify(value, null, 2);

/** The names are those of `GET /sync`. */
const outboxJson = (
  site: string,
  { epoch, summaries, bytes, ackedSeq, lastSeq, evicted, refused, forgotten, kept }: OutboxState,
  oldestSeconds: number | null,
  hours: OutboxHour[],
  maxBytes: number,
) => ({
  site,
  epoch,
  depth: summaries,
  oldestSeconds,
  bytes,
  maxBytes,
  lastSeq,
  acknowledgedSeq: ackedSeq,
  evicted,
  refused,
  forgotten,
  kept,
  hours: hours.map(({ began, ...counts }) => ({ began: toIsoString(began), ...counts })),
});

const refusedJson = ({ epoch, seq, reason, summary, bytes, refusedAt }: RefusedSummary) => ({
  epoch,
  seq,
  reason,
  camera: summary.camera ?? null,
  snapshot: summary.snapshot ?? null,
  bytes,
  refusedAt: refusedAt > 0 ? toIsoString(refusedAt) : null,
});
