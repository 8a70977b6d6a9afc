import type { NotificationsResource, RuleResource, WayResource } from '../contract/notification.js';
import type { DeliveryQuery, DeliveryResource } from '../contract/notification-delivery.js';
import type { Trigger } from '../contract/notification-trigger.js';
import type { Clock } from '../runtime/clock.js';
import { ProblemError } from '../runtime/errors.js';
import type { Definitions } from './definitions.js';
import type { Deliverer } from './deliver.js';
import { deliveryTable } from './delivery-table.js';
import { presentDelivery, presentPresets, presentRule, presentWay } from './present.js';
import type { NotificationQueue } from './queue.js';
import type { NotificationDb } from './tables.js';
import { totalTable } from './total-table.js';
import { noWayState, wayStateTable } from './way-state-table.js';
import type { Failure } from './ways/outcome.js';
import { PLACEHOLDERS } from './ways/template.js';

export interface NotificationsOptions {
  db: NotificationDb;
  definitions: Definitions;
  queue: NotificationQueue;
  deliverer: Deliverer;
  triggers: readonly Trigger[];
  now: Clock;
  wall: Clock;
  /** Something may be due to be sent. */
  wake(): void;
}

export interface TestResult {
  delivered: boolean;
  answer: string;
  advice: string | null;
  withPicture: boolean;
}

/** What the API does with rules, ways and messages. */
export class Notifications {
  constructor(private readonly options: NotificationsOptions) {}

  get definitions(): Definitions {
    return this.options.definitions;
  }

  async overview(): Promise<Omit<NotificationsResource, 'status'>> {
    const { db, definitions, queue, triggers } = this.options;
    await definitions.refresh();
    const [totals, backlogs] = [await totalTable.read(db), await deliveryTable.backlogs(db)];
    const waiting = [...backlogs.values()].reduce((sum, { rows }) => sum + rows, 0);
    return {
      rules: await this.rules(),
      ways: await this.ways(),
      triggers: [...triggers],
      presets: presentPresets(),
      placeholders: Object.entries(PLACEHOLDERS).map(([name, meaning]) => ({ name, meaning })),
      queue: { waiting, maxWaiting: queue.options.limits.maxWaiting, ...totals },
    };
  }

  async rules(): Promise<RuleResource[]> {
    const { db, definitions } = this.options;
    const last = await deliveryTable.lastOfRules(db);
    return definitions.rules.map((rule) => presentRule(rule, definitions.ways, last.get(rule.id)));
  }

  async ways(): Promise<WayResource[]> {
    const { db, definitions } = this.options;
    const [states, backlogs] = [await wayStateTable.all(db), await deliveryTable.backlogs(db)];
    return definitions.ways.map((way) => {
      const state = states.get(way.id) ?? noWayState(way.id);
      return presentWay(way, state, backlogs.get(way.id)?.rows ?? 0, this.options);
    });
  }

  async rule(id: string): Promise<RuleResource> {
    const rule = (await this.rules()).find((one) => one.id === id);
    if (!rule) throw new ProblemError('not_found', `There is no rule ${id}.`);
    return rule;
  }

  async way(id: string): Promise<WayResource> {
    const way = (await this.ways()).find((one) => one.id === id);
    if (!way) throw new ProblemError('not_found', `There is no way ${id}.`);
    return way;
  }

  /** Sends a test at once, beside the queue. If it arrives, what waits follows. */
  async test(id: string): Promise<TestResult> {
    const { db, definitions, deliverer, wall, wake } = this.options;
    await definitions.refresh();
    const { outcome, withPicture } = await deliverer.test(definitions.way(id));
    await wayStateTable.set(db, id, {
      ...{ answered_at: wall(), answer_ok: outcome.ok ? 1 : 0, answer: outcome.answer },
      ...(outcome.ok && { failures: 0, failing_since: null, paused_until: 0 }),
    });
    if (outcome.ok) wake();
    return {
      delivered: outcome.ok,
      answer: outcome.answer,
      advice: outcome.ok ? null : adviceOf(outcome),
      withPicture,
    };
  }

  async deliveries(
    query: DeliveryQuery,
  ): Promise<{ deliveries: DeliveryResource[]; next: string | null }> {
    const rows = await deliveryTable.page(this.options.db, query);
    const last = rows.length < query.limit ? undefined : rows.at(-1)?.seq;
    return {
      deliveries: rows.map((row) => presentDelivery(row, this.options)),
      next: last === undefined ? null : String(last),
    };
  }

  /** Makes a message due at once, also one that was dropped or delivered. */
  async retry(id: string): Promise<DeliveryResource> {
    const { db, definitions, now, wake } = this.options;
    const row = await this.#delivery(id);
    await definitions.refresh();
    definitions.way(row.way);
    const due = { state: 'waiting', next_due: now(), queued_due: now() } as const;
    await db.transaction().execute(async (trx) => {
      await deliveryTable.update(trx, id, due);
      await wayStateTable.set(trx, row.way, { paused_until: 0 });
    });
    wake();
    return presentDelivery({ ...row, ...due }, this.options);
  }

  async remove(id: string): Promise<void> {
    const { db } = this.options;
    await this.#delivery(id);
    await deliveryTable.remove(db, id);
  }

  async #delivery(id: string) {
    const row = await deliveryTable.find(this.options.db, id);
    if (!row) throw new ProblemError('not_found', `There is no message ${id}.`);
    return row;
  }
}

const adviceOf = ({ advice }: Failure): string | null => advice ?? null;
