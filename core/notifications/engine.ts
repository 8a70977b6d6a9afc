import type { NotificationRule } from '../contract/notification.js';
import { CONDITION_TRIGGERS } from '../contract/notification-trigger.js';
import { type Clock, toIsoString } from '../runtime/clock.js';
import { messageOf as errorText } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import { SerialQueue } from '../runtime/serial-queue.js';
import { unitOfWork } from '../store/unit-of-work.js';
import { type ConditionState, step } from './condition-state.js';
import type { Definitions } from './definitions.js';
import { Groups } from './groups.js';
import { Lease } from './lease.js';
import { isAbout } from './matching.js';
import { memoryTable } from './memory-table.js';
import type { Condition, ConditionSource, EventLog, Occurrence } from './occurrence.js';
import type { NotificationQueue } from './queue.js';
import { type NotificationDb, notificationTables } from './tables.js';
import { totalTable } from './total-table.js';

export interface EngineOptions {
  db: NotificationDb;
  definitions: Definitions;
  queue: NotificationQueue;
  logs: readonly EventLog[];
  sources: readonly ConditionSource[];
  /** The appliance's own; null at the relay. */
  site: string | null;
  /** Whether other processes work on the same database: one of them has the engine at a time. */
  isShared: boolean;
  now: Clock;
  wall: Clock;
  /** Messages were queued. */
  onQueued(): void;
  log: Logger;
  everyMs?: number;
}

const EVERY_MS = 5_000;
const TRIM_EVERY_MS = 60_000;
const MINUTE_MS = 60_000;
const LOG_EVERY_MS = 60_000;

/**
 * Applies the rules. Events are read from their log in the transaction that queues the messages and notes how far was
 * read: a crash at any moment repeats the transaction or has completed it. Conditions are looked at every few seconds,
 * and what is known of them is stored, so that a restart repeats no message.
 */
export class NotificationEngine implements Service {
  readonly name = 'notifications';
  readonly #runs = new SerialQueue();
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  readonly #groups: Groups;
  readonly #lease: Lease;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #isWoken = false;
  #trimmedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: EngineOptions) {
    this.#groups = new Groups(options);
    this.#lease = new Lease(options.db, options.now);
  }

  async start(): Promise<void> {
    await this.options.definitions.refresh();
    const { everyMs = EVERY_MS } = this.options;
    this.#timer = setInterval(() => this.wake(), everyMs).unref();
    await this.run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    await this.#runs.ended();
  }

  /** Something may have happened. */
  wake(): void {
    if (this.#isWoken || this.#isStopping) return;
    this.#isWoken = true;
    void this.run();
  }

  /** Looks at everything once. Resolves when it is queued. Never rejects: what failed is done at the next time. */
  run(): Promise<void> {
    return this.#runs.run(async () => {
      this.#isWoken = false;
      if (this.#isStopping) return;
      try {
        await this.#run();
      } catch (error) {
        if (this.#throttle.isDue('failed'))
          this.options.log.error(
            { error: errorText(error) },
            'notification rules could not be applied; they are applied again shortly',
          );
      }
    });
  }

  async #run(): Promise<void> {
    const { db, definitions, queue, logs, isShared, now, onQueued } = this.options;
    if (isShared) await definitions.refresh();
    if (!isShared || (await this.#lease.hold())) {
      for (const log of logs) while (await this.#read(log));
      for (const rule of definitions.rules) if (rule.enabled) await this.#observe(rule);
      await this.#groups.flush(definitions.rules);
    }
    onQueued();
    if (now() - this.#trimmedAt < TRIM_EVERY_MS && now() >= this.#trimmedAt) return;
    this.#trimmedAt = now();
    await queue.trim(db);
    await this.#groups.prune();
  }

  /** Reads a page of events. True if there are more. */
  async #read(log: EventLog): Promise<boolean> {
    const { db, definitions, queue } = this.options;
    const key = { rule: '', kind: 'cursor', subject: log.name } as const;
    return unitOfWork(db, async (transaction) => {
      const trx = transaction.of(notificationTables);
      const cursor = await memoryTable.get<{ after: number }>(trx, key);
      const page = await log.read(transaction, cursor?.after);
      if (page.next === cursor?.after) return false;
      for (const occurrence of page.occurrences)
        for (const rule of definitions.rules) await this.#event(trx, rule, occurrence);
      if (page.missed > 0) this.#missed(page.missed);
      await totalTable.add(trx, 'missed', page.missed);
      await memoryTable.put(trx, key, { after: page.next });
      if (page.occurrences.length > 0) await queue.keepWithinBounds(trx);
      return page.hasMore && !this.#isStopping;
    });
  }

  async #event(
    trx: NotificationDb,
    rule: NotificationRule,
    { when, subject, happening }: Occurrence,
  ) {
    if (!rule.enabled || rule.when !== when || !isAbout(rule, happening)) return;
    if (!this.#groups.isOpen(rule, Date.parse(happening.at))) return;
    await this.#groups.event(trx, rule, subject, happening);
  }

  #missed(count: number): void {
    this.options.log.warn(
      { count },
      'sighting events were removed before the notification rules had read them',
    );
  }

  async #observe(rule: NotificationRule): Promise<void> {
    const { db, sources, queue } = this.options;
    const source = sources.find(({ when }) => when === rule.when);
    if (!source) return;
    const observed = (await source.conditions(rule)).filter(({ happening }) =>
      isAbout(rule, happening),
    );
    const stored = await memoryTable.all<ConditionState>(db, 'condition', rule.id);
    const known = new Map(stored.map(({ subject, value }) => [subject, value]));
    const present = new Set(observed.map(({ id }) => id));
    const gone = stored.filter(({ subject }) => !present.has(subject));
    const relevant = observed.filter((condition) => isNews(condition, known.get(condition.id)));
    for (const { subject, value } of gone) {
      const fate = source.absent?.(value.happening) ?? 'removed';
      if (fate === 'ended') relevant.push(ended(rule, subject, value));
      if (fate === 'removed')
        await memoryTable.remove(db, { rule: rule.id, kind: 'condition', subject });
    }
    if (relevant.length === 0) return;
    await db.transaction().execute(async (trx) => {
      let told = 0;
      for (const condition of relevant) told += await this.#step(trx, source, rule, condition);
      if (told > 0) await queue.keepWithinBounds(trx);
    });
  }

  /** 1 if a message was queued or collected. */
  async #step(
    trx: NotificationDb,
    source: ConditionSource,
    rule: NotificationRule,
    condition: Condition,
  ): Promise<number> {
    const { now, wall } = this.options;
    const key = { rule: rule.id, kind: 'condition', subject: condition.id } as const;
    const before = await memoryTable.get<ConditionState>(trx, key);
    const mayTell =
      condition.state === 'problem' &&
      before?.told !== true &&
      this.#groups.isOpen(rule, wall()) &&
      !(await this.#groups.isCooling(trx, rule, condition.subject));
    const minutes = source.measuresTime ? 0 : (rule.afterMinutes ?? source.afterMinutes);
    const terms = { afterMs: minutes * MINUTE_MS, holdMs: source.holdMs, mayTell };
    const { state, tell } = step(before, condition, terms, now());
    if (state === undefined) await memoryTable.remove(trx, key);
    else if (hasChanged(before, state)) await memoryTable.put(trx, key, state);
    if (tell === 'problem')
      await this.#groups.problem(trx, rule, condition.subject, condition.happening);
    if (tell === 'recovered' && rule.recovery && before && hasEnd(rule))
      await this.#groups.recovered(trx, rule, {
        ...before.happening,
        at: toIsoString(wall()),
        text: before.recovered,
      });
    return tell ? 1 : 0;
  }
}

/** Whether people want to know that it is over. */
const hasEnd = ({ when }: NotificationRule) => CONDITION_TRIGGERS.includes(when);

/** Most conditions are as they were at the last look. */
const isNews = ({ state }: Condition, known: ConditionState | undefined): boolean =>
  state === 'problem'
    ? known === undefined || !known.told || known.phase !== 'raised'
    : state === 'ok' && known !== undefined;

/** What a source no longer lists, since it has ended. */
const ended = (
  { when }: NotificationRule,
  id: string,
  { happening, recovered }: ConditionState,
): Condition => {
  const subject = happening.camera ?? happening.site ?? id;
  return { id, when, subject, state: 'ok', recovered, happening };
};

/** The text of a problem changes all the time, e.g. a number in it; that is not worth a write. */
const hasChanged = (before: ConditionState | undefined, after: ConditionState): boolean =>
  before === undefined ||
  before.phase !== after.phase ||
  before.since !== after.since ||
  before.told !== after.told;
