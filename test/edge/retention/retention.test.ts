import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { DiskBudget } from '../../../core/images/disk-budget.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import type { RetainedImages } from '../../../edge/retention/retained-images.js';
import { Retention } from '../../../edge/retention/retention.js';

/** Images as rows of a real database. */
class ImageTable implements RetainedImages {
  readonly #db: Sqlite.Database;
  /** Largest number of rows that one call removed. */
  largestStep = 0;
  diskBytes = Number.POSITIVE_INFINITY;
  readonly space: DiskBudget;

  constructor(t: ExecutionContext, limits: { maxBytes: number; minFreeBytes: number }) {
    this.space = new DiskBudget('', limits, () => this.freeBytes());
    this.#db = new Sqlite(':memory:');
    this.#db.exec(
      'create table image (id integer primary key, made_at int, bytes int, camera text)',
    );
    t.teardown(() => this.#db.close());
  }

  add(madeAt: number, bytes: number, camera: string | null): void {
    this.#db
      .prepare('insert into image (made_at, bytes, camera) values (?, ?, ?)')
      .run(madeAt, bytes, camera);
    this.space.add(bytes);
  }

  madeAt(camera: string | null): number[] {
    return this.#db
      .prepare('select made_at from image where camera is ? order by made_at')
      .pluck()
      .all(camera) as number[];
  }

  async usedBytes(): Promise<number> {
    return this.#db.prepare('select coalesce(sum(bytes), 0) from image').pluck().get() as number;
  }

  async freeBytes(): Promise<number> {
    return this.diskBytes - (await this.usedBytes());
  }

  async removeProcessedOlderThan(): Promise<number> {
    return 0;
  }

  async removeOlderThan(ms: number, limit: number): Promise<number> {
    return this.#remove('where made_at < ?', ms, limit);
  }

  async removeOldest(limit: number): Promise<number> {
    return this.#remove('where camera is not null and ? is not null', 0, limit);
  }

  async #remove(where: string, value: number, limit: number): Promise<number> {
    await sleep(0);
    const removed = this.#db
      .prepare(
        `delete from image where id in (select id from image ${where} order by made_at limit ?) returning bytes`,
      )
      .pluck()
      .all(value, limit) as number[];
    for (const bytes of removed) this.space.add(-bytes);
    this.largestStep = Math.max(this.largestStep, removed.length);
    return removed.length;
  }
}

function setUp(
  t: ExecutionContext,
  { budgetBytes = 1_000_000, maxAgeMs = 1_000_000, minFreeBytes = 0 } = {},
) {
  const images = new ImageTable(t, { maxBytes: budgetBytes, minFreeBytes });
  const clock = () => 2_000_000;
  const retention = new Retention({
    images,
    space: images.space,
    maxAgeMs,
    clock,
    log: silentLogger(),
  });
  return { images, retention };
}

test('images past their age are removed, whether from cameras or uploaded', async (t) => {
  const { images, retention } = setUp(t);
  for (const camera of ['gate', null])
    for (const madeAt of [1, 999_999, 1_000_000, 1_999_999]) images.add(madeAt, 10, camera);
  t.like(await retention.sweep(), { aged: 4, evicted: 0 });
  t.deepEqual(images.madeAt('gate'), [1_000_000, 1_999_999]);
  t.deepEqual(images.madeAt(null), [1_000_000, 1_999_999]);
});

test('over the budget, the oldest camera snapshots are removed and uploads stay', async (t) => {
  const { images, retention } = setUp(t, { budgetBytes: 10_000 });
  for (let i = 0; i < 200; i++) images.add(1_500_000 + i, 100, 'gate');
  images.add(1_400_000, 500, null);
  const { aged, evicted } = await retention.sweep();
  t.is(aged, 0);
  t.true((await images.usedBytes()) <= 9_500);
  t.deepEqual(images.madeAt(null), [1_400_000]);
  t.is(images.madeAt('gate')[0], 1_500_000 + evicted);
});

test('within the budget nothing is removed', async (t) => {
  const { images, retention } = setUp(t, { budgetBytes: 1000 });
  for (let i = 0; i < 10; i++) images.add(1_500_000, 100, 'gate');
  t.like(await retention.sweep(), { aged: 0, evicted: 0 });
});

test('many images are removed in small chunks', async (t) => {
  const { images, retention } = setUp(t);
  for (let i = 0; i < 3000; i++) images.add(i, 10, 'gate');
  t.like(await retention.sweep(), { aged: 3000, evicted: 0 });
  t.true(images.largestStep <= 25);
});

test('the oldest snapshots are removed to make room for a new one', async (t) => {
  const { images, retention } = setUp(t, { budgetBytes: 10_000 });
  for (let i = 0; i < 100; i++) images.add(1_500_000 + i, 100, 'gate');
  t.true(await retention.makeRoom(600));
  t.true((await images.usedBytes()) <= 9_400);
  t.is(images.madeAt('gate').at(-1), 1_500_099);
});

test('a snapshot that fits removes nothing', async (t) => {
  const { images, retention } = setUp(t, { budgetBytes: 10_000 });
  for (let i = 0; i < 98; i++) images.add(1_500_000 + i, 100, 'gate');
  t.true(await retention.makeRoom(200));
  t.is(images.madeAt('gate').length, 98);
});

test('there is no room if only uploads are left', async (t) => {
  const { images, retention } = setUp(t, { budgetBytes: 10_000 });
  images.add(1_500_000, 9_900, null);
  images.add(1_500_000, 50, 'gate');
  t.false(await retention.makeRoom(200));
  t.deepEqual(images.madeAt(null), [1_500_000]);
});

test('callers who ask for space at the same time do not remove the same bytes twice', async (t) => {
  const { images, retention } = setUp(t, { budgetBytes: 100_000 });
  for (let i = 0; i < 1000; i++) images.add(1_500_000 + i, 100, 'gate');
  const answers = await Promise.all(Array.from({ length: 10 }, () => retention.makeRoom(100)));
  t.true(answers.every(Boolean));
  t.is(images.madeAt('gate').length, 950);
});

test('stopping waits for the current chunk and removes no more', async (t) => {
  const { images, retention } = setUp(t);
  for (let i = 0; i < 3000; i++) images.add(i, 10, 'gate');
  await retention.start();
  const sweep = retention.sweep();
  await sleep(5);
  await retention.stop();
  const left = images.madeAt('gate').length;
  t.is((await sweep).aged, 3000 - left);
  t.true(left > 0);
  await sleep(20);
  t.is(images.madeAt('gate').length, left);
});

test('if the disk gets full for whatever reason, snapshots make room on it', async (t) => {
  const { images, retention } = setUp(t, { minFreeBytes: 2_000_000, budgetBytes: 10 ** 9 });
  for (let i = 0; i < 100; i++) images.add(1_500_000 + i, 100_000, 'gate');
  images.diskBytes = 12_000_000;
  t.true(await retention.makeRoom(200_000));
  t.true((await images.freeBytes()) >= 2_200_000);
  images.diskBytes = 9_000_000;
  await images.space.measure();
  t.true((await retention.sweep()).evicted > 0);
  t.true((await images.freeBytes()) >= 2_000_000);
  images.diskBytes = 500_000;
  await images.space.measure();
  t.false(await retention.makeRoom(200_000), 'something else fills it');
});
