import { sql } from 'kysely';
import type { Summary } from '../../core/contract/summary.js';
import { MqttMessageBus } from '../../core/messaging/mqtt-message-bus.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { openDatabase } from '../../core/store/database.js';
import { edgeMigrations } from '../../edge/store/migrations.js';
import { Outbox } from '../../edge/store/outbox.js';
import type { EdgeTables } from '../../edge/store/tables.js';
import { Uplink } from '../../edge/uplink/uplink.js';
import { answerQuestions } from './side-process.js';

export type DrainQuestion =
  | { kind: 'begin'; file: string; broker: string; window: number; rows: number }
  | { kind: 'depth' }
  | { kind: 'collect' };

export interface DrainReply {
  depth: number;
}

const log = silentLogger();
const site = 'bench';

/** The appliance's uplink as in the field, with an outbox that holds so many summaries already. */
let uplink: Uplink | undefined;

async function answer(question: DrainQuestion): Promise<DrainReply> {
  if (question.kind === 'begin') uplink = await begin(question);
  if (question.kind === 'collect') globalThis.gc?.();
  return { depth: (await uplink?.status())?.depth ?? 0 };
}

async function begin(question: Extract<DrainQuestion, { kind: 'begin' }>): Promise<Uplink> {
  const { file, broker, window, rows } = question;
  const { db } = await openDatabase<EdgeTables>(file, edgeMigrations);
  await fill(db, rows);
  const outbox = new Outbox(db);
  const clientId = `siteglass-${site}`;
  const maxInFlight = window + 256;
  const bus = new MqttMessageBus({ url: broker, root: 'siteglass', clientId, maxInFlight }, log);
  const begun = new Uplink(bus, outbox, { site, settleOn: 'ack', window }, log);
  await begun.start();
  await bus.start();
  return begun;
}

/** Summaries with one detection, as of a snapshot each; made by the database itself, so that memory stays what it is. */
async function fill(
  db: Awaited<ReturnType<typeof openDatabase<EdgeTables>>>['db'],
  rows: number,
): Promise<void> {
  if (rows === 0) return;
  const payload = JSON.stringify(aSummary());
  await sql`
    insert into outbox (seq, payload, bytes, created_at)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})
    select i,
      json_set(${payload}, '$.snapshot', printf('01a20665-0b1c-7000-8000-%012x', i)),
      ${Buffer.byteLength(payload)}, ${Date.now()}
    from n`.execute(db);
  await sql`
    update outbox_state set last_seq = ${rows}, summaries = ${rows},
      bytes = ${rows * Buffer.byteLength(payload)}`.execute(db);
  await sql`pragma wal_checkpoint(truncate)`.execute(db);
}

const aSummary = (): Summary => ({
  camera: 'gate',
  snapshot: '01a20665-0b1c-7000-8000-000000000000',
  takenAt: '2026-05-01T10:00:00.000Z',
  width: 1280,
  height: 720,
  detections: [
    {
      label: 'stop sign',
      detector: 'stop-sign',
      box: { x: 626, y: 210, width: 52, height: 52 },
      confidence: 0.8438,
      neighbors: 27,
      score: null,
    },
  ],
  analysisMs: 84,
  clock: 'synchronised',
});

answerQuestions(answer);
