import { isDeepStrictEqual } from 'node:util';
import {
  MAX_RULES,
  type NotificationRule,
  type NotificationRuleSchema,
} from '../contract/notification.js';
import {
  completeWaySchema,
  type GivenWay,
  MAX_WAYS,
  type NotificationWay,
} from '../contract/notification-way.js';
import type { FieldError } from '../contract/problem.js';
import type { Clock } from '../runtime/clock.js';
import { ProblemError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { SerialQueue } from '../runtime/serial-queue.js';
import { definitionTable } from './definition-table.js';
import { deliveryTable } from './delivery-table.js';
import { memoryTable } from './memory-table.js';
import type { NotificationQueue } from './queue.js';
import type { SecretKeeper } from './secret-keeper.js';
import { keptSecrets } from './secrets.js';
import { StoredWays } from './stored-ways.js';
import type { NotificationDb } from './tables.js';
import { wayStateTable } from './way-state-table.js';
import { checkWay } from './ways/check-way.js';

export type Declared<T> = T & { declaredIn: 'api' | 'file' };

export interface DefinitionOptions {
  db: NotificationDb;
  schema: NotificationRuleSchema;
  /** What the configuration file declares. */
  declared: { rules: readonly NotificationRule[]; ways: readonly NotificationWay[] };
  queue: NotificationQueue;
  /** Of the secrets of ways that the API manages. */
  keeper: SecretKeeper;
  wall: Clock;
  log: Logger;
}

/** The rules and the ways: those of the configuration file, and those that the API manages. */
export class Definitions {
  #rules: Declared<NotificationRule>[] = [];
  #ways: Declared<NotificationWay>[] = [];
  #lacks: ReadonlyMap<string, readonly string[]> = new Map();
  readonly #stored: StoredWays;
  /** A secret is stored before its way, and would be taken for one that no way has. */
  readonly #changes = new SerialQueue();

  constructor(private readonly options: DefinitionOptions) {
    this.#stored = new StoredWays(options);
  }

  /** Moves secrets that a version before stored as texts. Call it once, before anything else. */
  async moveSecrets(): Promise<void> {
    await this.#stored.moveTexts();
  }

  get rules(): readonly Declared<NotificationRule>[] {
    return this.#rules;
  }

  get ways(): readonly Declared<NotificationWay>[] {
    return this.#ways;
  }

  /** Another process with the same database may have changed them. */
  async refresh(): Promise<void> {
    const { db, declared } = this.options;
    const rules = await definitionTable.list(db, 'rule');
    const ways = await this.#stored.list();
    this.#rules = merged(declared.rules, this.#readableRules(rules));
    this.#ways = merged(
      declared.ways,
      ways.map(({ way }) => way),
    );
    this.#lacks = new Map(ways.map(({ way, lacks }) => [way.id, lacks]));
  }

  /** The names of secrets of a way that are missing: nothing can be sent then. */
  lacksOf(id: string): readonly string[] {
    const way = this.#ways.find((one) => one.id === id);
    return way?.declaredIn === 'api' ? (this.#lacks.get(id) ?? []) : [];
  }

  /** Why nothing can be sent by a way, and what to do; undefined if it can. */
  problemOf(id: string): string | undefined {
    const lacks = this.lacksOf(id);
    if (lacks.length === 0) return undefined;
    return `Its secret is missing: ${lacks.join(', ')}. ${this.options.keeper.whyMissing}`;
  }

  way(id: string): Declared<NotificationWay> {
    const way = this.#ways.find((one) => one.id === id);
    if (!way) throw new ProblemError('not_found', `There is no way ${id}.`);
    return way;
  }

  rule(id: string): Declared<NotificationRule> {
    const rule = this.#rules.find((one) => one.id === id);
    if (!rule) throw new ProblemError('not_found', `There is no rule ${id}.`);
    return rule;
  }

  async addRule(rule: NotificationRule): Promise<void> {
    await this.refresh();
    if (this.#rules.some(({ id }) => id === rule.id)) throw taken('rule', rule.id);
    if (this.#rules.length >= MAX_RULES) throw full('rules', MAX_RULES);
    await this.#storeRule(rule);
  }

  async replaceRule(id: string, rule: NotificationRule): Promise<void> {
    await this.refresh();
    const before = this.rule(id);
    writable(before, id, rule.id);
    // What is no longer asked for has not ended.
    if (!isAboutTheSame(before, rule)) await memoryTable.forgetRule(this.options.db, id);
    await this.#storeRule(rule);
  }

  /** What it collected or remembers goes with it; messages that wait are still sent. */
  async removeRule(id: string): Promise<void> {
    await this.refresh();
    writable(this.rule(id), id);
    await this.options.db.transaction().execute(async (trx) => {
      await definitionTable.remove(trx, 'rule', id);
      await memoryTable.forgetRule(trx, id);
    });
    await this.refresh();
  }

  addWay(given: GivenWay): Promise<void> {
    return this.#changes.run(async () => {
      await this.refresh();
      if (this.#ways.some(({ id }) => id === given.id)) throw taken('way', given.id);
      if (this.#ways.length >= MAX_WAYS) throw full('ways', MAX_WAYS);
      await this.#storeWay(given, undefined);
    });
  }

  replaceWay(id: string, given: GivenWay): Promise<void> {
    return this.#changes.run(async () => {
      await this.refresh();
      const before = this.way(id);
      writable(before, id, given.id);
      await this.#storeWay(given, before);
    });
  }

  /** Messages that wait for it are dropped. */
  removeWay(id: string): Promise<void> {
    return this.#changes.run(() => this.#removeWay(id));
  }

  async #removeWay(id: string): Promise<void> {
    const { db, queue } = this.options;
    await this.refresh();
    writable(this.way(id), id);
    await db.transaction().execute(async (trx) => {
      await definitionTable.remove(trx, 'way', id);
      const rows = await deliveryTable.oldest(trx, id, Number.MAX_SAFE_INTEGER, 100_000);
      await queue.drop(trx, rows, 'dropped: the way was removed');
      await wayStateTable.remove(trx, id);
    });
    await this.#stored.collect();
    await this.refresh();
  }

  async #storeRule(rule: NotificationRule): Promise<void> {
    const { db, wall } = this.options;
    const known = this.#ways.map(({ id }) => id);
    const unknown = rule.ways.filter((id) => !known.includes(id));
    if (unknown.length > 0) throw invalid('ways', unknownWays(unknown, known));
    await definitionTable.put(db, 'rule', rule.id, rule, wall());
    await this.refresh();
  }

  async #storeWay(given: GivenWay, before: NotificationWay | undefined): Promise<void> {
    const { db } = this.options;
    const lacks = before ? this.lacksOf(before.id) : [];
    const parsed = completeWaySchema.safeParse(keptSecrets(given, before, lacks));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw invalid(issue?.path.join('.') ?? '', issue?.message ?? 'is not valid');
    }
    const fault = checkWay(parsed.data);
    if (fault) throw invalid(fault.path, fault.message);
    const encoded = await this.#stored.encode(parsed.data);
    await db.transaction().execute(async (trx) => {
      await this.#stored.put(trx, given.id, encoded);
      // Whatever was wrong may be right now.
      await wayStateTable.set(trx, given.id, { failures: 0, failing_since: null, paused_until: 0 });
    });
    await this.#stored.collect();
    await this.refresh();
  }

  #readableRules(stored: object[]): NotificationRule[] {
    const { schema, log } = this.options;
    return stored.flatMap((value) => {
      const parsed = schema.safeParse(value);
      if (parsed.success) return [parsed.data];
      log.error(
        { id: Reflect.get(value, 'id') },
        'stored notification rule cannot be used; change it or remove it',
      );
      return [];
    });
  }
}

const isAboutTheSame = (a: NotificationRule, b: NotificationRule): boolean =>
  (['when', 'sites', 'cameras', 'labels', 'zones', 'minConfidence'] as const).every((field) =>
    isDeepStrictEqual(a[field], b[field]),
  );

/** The file has priority over what the API stored before under the same id. */
function merged<T extends { id: string }>(file: readonly T[], api: readonly T[]): Declared<T>[] {
  const ids = new Set(file.map(({ id }) => id));
  return [
    ...file.map((one) => ({ ...one, declaredIn: 'file' as const })),
    ...api.filter(({ id }) => !ids.has(id)).map((one) => ({ ...one, declaredIn: 'api' as const })),
  ];
}

export const READ_ONLY =
  'It is declared in the configuration file, in "notifications". Change it there and restart.';

function writable({ declaredIn }: { declaredIn: 'api' | 'file' }, id: string, given = id): void {
  if (declaredIn === 'file') throw new ProblemError('notification_read_only', READ_ONLY);
  if (given !== id) throw invalid('id', `expected ${id}, as in the path`);
}

const invalid = (path: string, message: string, errors: FieldError[] = [{ path, message }]) =>
  new ProblemError('invalid_parameter', `In the body: ${path}: ${message}.`, { errors });

const taken = (kind: string, id: string) =>
  new ProblemError('conflict', `There is a ${kind} ${id} already. Choose another id.`);

const full = (what: string, most: number) =>
  new ProblemError('invalid_parameter', `There can be at most ${most} ${what}. Remove one first.`);

const unknownWays = (unknown: string[], known: string[]): string =>
  known.length === 0
    ? `there is no way yet; add one first`
    : `there is no way ${unknown.join(', ')}; expected some of ${known.join(', ')}`;
