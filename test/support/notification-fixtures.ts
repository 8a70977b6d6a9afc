import { join } from 'node:path';
import type { ExecutionContext, TestFn } from 'ava';
import { edgeRuleSchema, type NotificationRule } from '../../core/contract/notification.js';
import type { NotificationMessage } from '../../core/contract/notification-delivery.js';
import { completeWaySchema, type NotificationWay } from '../../core/contract/notification-way.js';
import { Definitions } from '../../core/notifications/definitions.js';
import { NotificationEngine } from '../../core/notifications/engine.js';
import { notificationMigration } from '../../core/notifications/notification-migration.js';
import type { ConditionSource, EventLog } from '../../core/notifications/occurrence.js';
import {
  NotificationQueue,
  type QueueLimits,
  queueLimits,
} from '../../core/notifications/queue.js';
import { SealedKeeper, type SecretKeeper } from '../../core/notifications/secret-keeper.js';
import { NotificationSender } from '../../core/notifications/sender.js';
import type { NotificationDb, NotificationTables } from '../../core/notifications/tables.js';
import type { Outcome } from '../../core/notifications/ways/outcome.js';
import { openDatabase, openSharedDatabase } from '../../core/store/database.js';
import { log } from './delivery-fixtures.js';
import { withPostgres } from './relay-databases.js';
import { temporaryFolder } from './temporary-folder.js';

const migrations = { '0001_notifications': notificationMigration };

export type OpenNotifications = (t: ExecutionContext) => Promise<{
  db: NotificationDb;
  /** The same database, as another process opens it. */
  again(): Promise<NotificationDb>;
}>;

interface NotificationStore {
  name: string;
  open: OpenNotifications;
}

/** What the queue is kept in: SQLite, or at several relays PostgreSQL. */
export function notificationDatabases(
  test: TestFn,
): [sqlite: NotificationStore, postgres: NotificationStore] {
  const newPostgres = withPostgres(test);
  return [
    {
      name: 'SQLite',
      async open(t) {
        const file = join(await temporaryFolder(t), 'edge.db');
        const again = async () => {
          const { db, close } = await openDatabase<NotificationTables>(file, migrations);
          t.teardown(close);
          return db;
        };
        return { db: await again(), again };
      },
    },
    {
      name: 'PostgreSQL',
      async open(t) {
        const url = await newPostgres();
        const again = async () => {
          const { db, close } = await openSharedDatabase<NotificationTables>(url, migrations, (e) =>
            t.log(e.message),
          );
          t.teardown(close);
          return db;
        };
        return { db: await again(), again };
      },
    },
  ];
}

export const aRule = (more: object = {}): NotificationRule =>
  edgeRuleSchema.parse({ id: 'rule', when: 'appeared', ways: ['a'], cooldownMinutes: 0, ...more });

export const aWay = (id: string, more: object = {}): NotificationWay =>
  completeWaySchema.parse({
    ...{ id, kind: 'webhook', url: 'http://192.0.2.1/', maxPerMinute: 600 },
    ...more,
  });

export const aMessage = (more: Partial<NotificationMessage> = {}): NotificationMessage => ({
  ...{ id: '01890000-0000-7000-8000-000000000000', event: 'appeared', phase: 'event' },
  ...{ title: 'person appeared', text: 'person appeared at Gate', at: '2026-11-27T10:00:00.000Z' },
  ...{ site: 'north', rule: { id: 'rule', name: null }, camera: 'gate', cameraName: 'Gate' },
  ...{ label: 'person', zones: [], confidence: 0.87, sighting: null, count: 1 },
  ...{ happenings: [], picture: null },
  ...more,
});

export interface Rig {
  db: NotificationDb;
  rules?: NotificationRule[];
  ways?: NotificationWay[];
  logs?: EventLog[];
  sources?: ConditionSource[];
  limits?: Partial<QueueLimits>;
  keeper?: SecretKeeper;
  isShared?: boolean;
  /** What became of each attempt. */
  send?: (way: NotificationWay, message: NotificationMessage) => Outcome | Promise<Outcome>;
}

/** The engine, the queue and the sender of one process, on a clock that the test moves. */
export function notificationRig(t: ExecutionContext, rig: Rig) {
  const { db, rules = [], ways = [aWay('a')], logs = [], sources = [], isShared = false } = rig;
  const { send = (): Outcome => ({ ok: true, answer: 'ok' }) } = rig;
  const time = { ms: Date.parse('2026-11-27T10:00:00Z') };
  const now = () => time.ms;
  const clocks = { now, wall: now };
  const queue = new NotificationQueue({
    limits: { ...queueLimits, ...rig.limits },
    ...{ ...clocks, log },
  });
  const definitions = new Definitions({
    ...{ db, schema: edgeRuleSchema, declared: { rules, ways }, queue, wall: now, log },
    keeper: rig.keeper ?? new SealedKeeper('a-key-of-at-least-thirty-two-characters'),
  });
  const sender = new NotificationSender({
    ...{ db, definitions, isShared, ...clocks, log, everyMs: 3_600_000 },
    send: async (way, message) => send(way, message),
  });
  const engine = new NotificationEngine({
    ...{ db, definitions, queue, logs, sources, site: 'north', isShared, ...clocks, log },
    ...{ onQueued: () => undefined, everyMs: 3_600_000 },
  });
  t.teardown(async () => {
    await engine.stop();
    await sender.stop();
  });
  return {
    ...{ db, queue, definitions, sender, engine, time },
    /** Adds messages to the queue. */
    async add(way: string, count = 1) {
      await db.transaction().execute(async (trx) => {
        for (let i = 0; i < count; i++)
          await queue.add(trx, [way], (id) => aMessage({ id, text: `${i}` }), null);
        await queue.keepWithinBounds(trx);
      });
    },
    /** Sends what is due. */
    async send() {
      await definitions.refresh();
      sender.wake();
      await sender.idle();
    },
    /** Lets time pass in steps, sending what is due at each. */
    async pass(ms: number, stepMs = 60_000) {
      for (let passed = 0; passed < ms; passed += stepMs) {
        time.ms += Math.min(stepMs, ms - passed);
        await this.send();
      }
    },
    deliveries: () => db.selectFrom('notification_delivery').selectAll().orderBy('seq').execute(),
    texts: async () =>
      (await db.selectFrom('notification_delivery').select('message').orderBy('seq').execute()).map(
        ({ message }) => JSON.parse(message) as NotificationMessage,
      ),
  };
}
