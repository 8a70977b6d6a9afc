import { MqttMessageBus } from '../../core/messaging/mqtt-message-bus.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { openDatabase } from '../../core/store/database.js';
import { edgeMigrations } from '../../edge/store/migrations.js';
import { Outbox, type OutboxTables } from '../../edge/store/outbox.js';
import { Uplink } from '../../edge/uplink/uplink.js';
import { answerQuestions } from './side-process.js';

export interface ApplianceQuestion {
  broker: string;
  file: string;
  /** Summaries to put into the outbox before anything is sent; 0 sends them. */
  fill: number;
}

export interface ApplianceReply {
  /** From the connection to the settling of the last one; 0 after filling. */
  seconds: number;
}

const log = silentLogger();
const FILL_AT_ONCE = 1_000;
let opened: ReturnType<typeof open> | undefined;

async function open(file: string) {
  const { db } = await openDatabase<OutboxTables>(file, edgeMigrations);
  return { db, outbox: new Outbox(db) };
}

async function answer({ broker, file, fill }: ApplianceQuestion): Promise<ApplianceReply> {
  opened ??= open(file);
  const { db, outbox } = await opened;
  for (let filled = 0; filled < fill; filled += FILL_AT_ONCE)
    await db.transaction().execute(async (trx) => {
      for (let i = 0; i < FILL_AT_ONCE; i++) await outbox.append(trx, summary(filled + i));
    });
  if (fill > 0) return { seconds: 0 };
  const bus = new MqttMessageBus({ url: broker, root: 'siteglass', clientId: 'bench' }, log);
  const uplink = new Uplink(bus, outbox, { site: 'bench', settleOn: 'ack' }, log);
  await uplink.start();
  const began = performance.now();
  await bus.start();
  for (;;) {
    const { ackedSeq, lastSeq } = await outbox.state();
    if (ackedSeq >= lastSeq) return { seconds: (performance.now() - began) / 1_000 };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const summary = (n: number) => ({
  camera: 'gate',
  snapshot: `01890000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`,
  takenAt: new Date(Date.now() - 60_000).toISOString(),
  width: 1280,
  height: 720,
  detections: [
    {
      label: 'stop sign',
      detector: 'stop-sign',
      box: { x: 210, y: 120, width: 64, height: 64 },
      neighbors: 12,
      score: 1.25,
    },
  ],
  analysisMs: 31.5,
});

answerQuestions(answer);
