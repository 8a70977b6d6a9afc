import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { completeWaySchema, type NotificationWay } from '../contract/notification-way.js';
import type { Clock } from '../runtime/clock.js';
import { messageOf } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { isPostgres } from '../store/dialect.js';
import { definitionTable } from './definition-table.js';
import type { SecretKeeper, SecretPlace } from './secret-keeper.js';
import { originOf } from './secrets.js';
import type { NotificationDb } from './tables.js';
import { secretName, withWaySecrets } from './way-secrets.js';

export interface StoredWaysOptions {
  db: NotificationDb;
  keeper: SecretKeeper;
  wall: Clock;
  log: Logger;
}

/** A way that the API manages, and the names of the secrets that it lacks. In place of these it has texts that are none. */
export interface StoredWay {
  way: NotificationWay;
  lacks: string[];
}

const idOf = (way: object): string => String(Reflect.get(way, 'id'));

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Ways in the database, with their secrets in the keeper. */
export class StoredWays {
  constructor(private readonly options: StoredWaysOptions) {}

  async list(): Promise<StoredWay[]> {
    const { db, log } = this.options;
    return (await definitionTable.list(db, 'way')).flatMap((settings) => {
      const { complete, lacks } = this.#withTexts(settings);
      const parsed = completeWaySchema.safeParse(complete);
      if (parsed.success) return [{ way: parsed.data, lacks }];
      log.error(
        { id: Reflect.get(settings, 'id') },
        'stored notification way cannot be used; change it or remove it',
      );
      return [];
    });
  }

  /** What is stored of a way: its secrets are kept before. */
  async encode(way: object): Promise<object> {
    const { keeper } = this.options;
    const texts: [path: string, text: string][] = [];
    withWaySecrets(way, (secret, path) => {
      if (typeof secret === 'string') texts.push([path, secret]);
      return secret;
    });
    const stored = new Map<string, object>();
    for (const [path, text] of texts) {
      const shown = path === 'url' && originOf(text);
      const kept = await keeper.keep(text, placeOf(way, path));
      stored.set(path, { ...kept, ...(shown && { shown }) });
    }
    return withWaySecrets(way, (secret, path) => stored.get(path) ?? secret);
  }

  put(db: NotificationDb, id: string, encoded: object): Promise<void> {
    return definitionTable.put(db, 'way', id, encoded, this.options.wall());
  }

  /** The ids of ways whose secrets are texts in the database. */
  async withTexts(): Promise<string[]> {
    return (await definitionTable.list(this.options.db, 'way')).filter(hasTexts).map(idOf);
  }

  /** Removes the secrets that no way has any more. */
  async collect(): Promise<void> {
    const stored: object[] = [];
    for (const way of await definitionTable.list(this.options.db, 'way'))
      withWaySecrets(way, (secret) => {
        if (isObject(secret)) stored.push(secret);
        return secret;
      });
    await this.options.keeper.collect(stored);
  }

  /**
   * Moves secrets that a version before stored as texts. Call it once, before other statements. What fails is left as it
   * is, still works, and is tried again at the next start.
   */
  async moveTexts(): Promise<void> {
    const { db, keeper, log } = this.options;
    try {
      const ways = (await definitionTable.list(db, 'way')).filter(hasTexts);
      const ids = ways.map(idOf);
      if (ways.length > 0 && keeper.canKeep) {
        await this.#move(ways);
        log.info(
          { ways: ids },
          'secrets of notification ways are no longer readable in the database',
        );
      } else if (ways.length > 0)
        log.warn(
          { ways: ids },
          'secrets of notification ways are readable in the database; set database.secretKey',
        );
      await this.collect();
    } catch (error) {
      log.error(
        { error: messageOf(error) },
        'secrets of notification ways not moved out of the database; the next start tries it again',
      );
    }
  }

  async #move(ways: object[]): Promise<void> {
    const { db } = this.options;
    if (!isPostgres(db)) await sql`pragma secure_delete = on`.execute(db);
    for (const way of ways) {
      const encoded = await this.encode(way);
      // Another relay may have changed it, or moved it.
      await definitionTable.replace(db, 'way', way, encoded);
    }
    await this.#eraseTraces();
  }

  /** Overwrites what is left of former rows: in the log, and in free pages as far as that is possible. */
  async #eraseTraces(): Promise<void> {
    const { db, log } = this.options;
    if (!isPostgres(db)) {
      await sql`pragma secure_delete = off`.execute(db);
      await emptyLog(db);
    }
    try {
      if (isPostgres(db)) {
        await sql`vacuum full notification_definition`.execute(db);
        return;
      }
      if ((await bytesOf(db)) > MAX_VACUUM_BYTES) throw new Error('the database is too large');
      await sql`vacuum`.execute(db);
      await emptyLog(db);
    } catch (error) {
      log.warn(
        { error: messageOf(error) },
        'database not rewritten: what is free in its files may have parts of removed secrets of notification ways',
      );
    }
  }

  #withTexts(settings: object): { complete: object; lacks: string[] } {
    const { keeper } = this.options;
    const lacks: string[] = [];
    // The address comes first: the others are for its receiver alone.
    let url = Reflect.get(settings, 'url');
    const complete = withWaySecrets(settings, (secret, path) => {
      if (!isObject(secret)) return secret;
      const text = keeper.read(secret, placeOf({ ...settings, url }, path));
      if (text === undefined) lacks.push(secretName(settings, path));
      const shown = text ?? Reflect.get(secret, 'shown') ?? '?';
      if (path === 'url') url = shown;
      return shown;
    });
    return { complete, lacks };
  }
}

/** Where a secret of a way belongs, whose address is a text. */
function placeOf(way: object, path: string): SecretPlace {
  const of = (field: string): unknown => Reflect.get(way, field);
  const receiver =
    of('kind') === 'email'
      ? ['host', 'port', 'username', 'security'].map(of)
      : path === 'url'
        ? []
        : [originOf(String(of('url')))];
  return { way: idOf(way), path, receiver };
}

function hasTexts(way: object): boolean {
  let found = false;
  withWaySecrets(way, (secret) => {
    found ||= typeof secret === 'string';
    return secret;
  });
  return found;
}

/** A larger file would keep the start waiting for minutes on a memory card. */
const MAX_VACUUM_BYTES = 512 * 1024 * 1024;
const TRIES = 10;

async function bytesOf(db: NotificationDb): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select page_count * page_size as bytes from pragma_page_count, pragma_page_size`.execute(db);
  return rows[0]?.bytes ?? 0;
}

/** Another process that reads the database, or a checkpoint under way, keeps the log for a moment. */
async function emptyLog(db: NotificationDb): Promise<void> {
  for (let i = 0; i < TRIES; i++) {
    const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db);
    if (rows[0]?.busy === 0) return;
    await delay(100);
  }
}
