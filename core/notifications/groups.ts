import type { NotificationRule } from '../contract/notification.js';
import type { Happening } from '../contract/notification-delivery.js';
import type { Clock } from '../runtime/clock.js';
import type { Definitions } from './definitions.js';
import { isDue } from './matching.js';
import { memoryTable } from './memory-table.js';
import { type Group, MAX_HAPPENINGS, messageOf } from './message.js';
import type { NotificationQueue } from './queue.js';
import type { NotificationDb } from './tables.js';

export interface GroupOptions {
  db: NotificationDb;
  definitions: Definitions;
  queue: NotificationQueue;
  site: string | null;
  now: Clock;
}

interface Collected extends Group {
  /** When it becomes a message, by the queue's clock. */
  due: number;
}

interface Cooldown {
  until: number;
  heldBack: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Between a match and a message: time windows, cooldowns, and what is collected into one message. */
export class Groups {
  constructor(private readonly options: GroupOptions) {}

  isOpen(rule: NotificationRule, at: number): boolean {
    return isDue(rule, at);
  }

  async isCooling(trx: NotificationDb, rule: NotificationRule, subject: string): Promise<boolean> {
    return this.#runs(await this.#cooldown(trx, rule, subject), rule);
  }

  /** An event; during a cooldown it is counted only. */
  async event(trx: NotificationDb, rule: NotificationRule, subject: string, happening: Happening) {
    const cooldown = await this.#cooldown(trx, rule, subject);
    if (cooldown && this.#runs(cooldown, rule)) {
      const heldBack = cooldown.heldBack + 1;
      await memoryTable.put(trx, keyOf(rule, 'cooldown', subject), { ...cooldown, heldBack });
      return;
    }
    await this.#beginCooldown(trx, rule, subject);
    await this.#collect(trx, rule, 'event', happening, cooldown?.heldBack ?? 0);
  }

  async problem(
    trx: NotificationDb,
    rule: NotificationRule,
    subject: string,
    happening: Happening,
  ) {
    await this.#beginCooldown(trx, rule, subject);
    await this.#collect(trx, rule, 'problem', happening, 0);
  }

  async recovered(trx: NotificationDb, rule: NotificationRule, happening: Happening) {
    await this.#collect(trx, rule, 'recovered', happening, 0);
  }

  /** Queues what has been collected for long enough. */
  async flush(rules: readonly NotificationRule[]): Promise<void> {
    const { db, now, queue } = this.options;
    for (const { rule: id, subject, value } of await memoryTable.all<Collected>(db, 'group')) {
      const rule = rules.find((one) => one.id === id);
      const isEarly = rule && value.due > now() && value.due <= now() + rule.collectSeconds * 1_000;
      if (isEarly) continue;
      await db.transaction().execute(async (trx) => {
        const key = { rule: id, kind: 'group', subject } as const;
        const group = await memoryTable.get<Collected>(trx, key);
        await memoryTable.remove(trx, key);
        if (!rule || !group) return;
        await this.#queue(trx, rule, group);
        await queue.keepWithinBounds(trx);
      });
    }
  }

  /** Forgets cooldowns that ended long ago. */
  async prune(): Promise<void> {
    const { db, now } = this.options;
    for (const { rule, subject, value } of await memoryTable.all<Cooldown>(db, 'cooldown'))
      if (value.until < now() - DAY_MS)
        await memoryTable.remove(db, { rule, kind: 'cooldown', subject });
  }

  async #collect(
    trx: NotificationDb,
    rule: NotificationRule,
    phase: Group['phase'],
    happening: Happening,
    heldBack: number,
  ): Promise<void> {
    const { now } = this.options;
    const added: Group = { phase, happenings: [happening], count: 1, heldBack };
    if (rule.collectSeconds === 0) return this.#queue(trx, rule, added);
    const key = keyOf(rule, 'group', phase);
    const group = await memoryTable.get<Collected>(trx, key);
    const due = now() + rule.collectSeconds * 1_000;
    await memoryTable.put(
      trx,
      key,
      group
        ? {
            ...group,
            happenings: [...group.happenings, happening].slice(0, MAX_HAPPENINGS),
            count: group.count + 1,
            heldBack: group.heldBack + heldBack,
          }
        : { ...added, due },
    );
  }

  async #queue(trx: NotificationDb, rule: NotificationRule, group: Group): Promise<void> {
    const { definitions, queue, site } = this.options;
    const usable = definitions.ways.filter(({ id, enabled }) => enabled && rule.ways.includes(id));
    const image = group.happenings.find((happening) => happening.image !== null)?.image ?? null;
    await queue.add(
      trx,
      usable.map(({ id }) => id),
      (id) => messageOf(id, rule, group, site),
      image,
    );
  }

  #cooldown(trx: NotificationDb, rule: NotificationRule, subject: string) {
    return memoryTable.get<Cooldown>(trx, keyOf(rule, 'cooldown', subject));
  }

  /** One that ends later than it could was begun before the clock was set. */
  #runs(cooldown: Cooldown | undefined, { cooldownMinutes }: NotificationRule): boolean {
    const now = this.options.now();
    return (
      cooldown !== undefined &&
      now < cooldown.until &&
      cooldown.until <= now + cooldownMinutes * MINUTE_MS
    );
  }

  async #beginCooldown(trx: NotificationDb, rule: NotificationRule, subject: string) {
    if (rule.cooldownMinutes === 0) return;
    const until = this.options.now() + rule.cooldownMinutes * MINUTE_MS;
    await memoryTable.put(trx, keyOf(rule, 'cooldown', subject), { until, heldBack: 0 });
  }
}

const keyOf = (rule: NotificationRule, kind: 'cooldown' | 'group', subject: string) => ({
  rule: rule.id,
  kind,
  subject,
});
