import test, { type ExecutionContext } from 'ava';
import { siteGaps } from '../../../cloud-relay/fleet/gaps.js';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { ledgerOf } from '../../../cloud-relay/store/ledger-table.js';
import { guardOptions } from '../../../cloud-relay/store/open-relay-database.js';
import { type RelayTables, relayTables } from '../../../cloud-relay/store/relay-tables.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { openGuarded } from '../../../core/store/guarded-database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import * as damage from '../../support/damage.js';
import { anArrival, EPOCH, log } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const COUNT = 600;
const SITE = 'north';

async function open(t: ExecutionContext, folder: string) {
  const options = { ...guardOptions(folder, log, systemClock), checkMs: 60_000 };
  const opened = await openGuarded<RelayTables>(options);
  t.teardown(opened.close);
  return { ...opened, tables: tablesOf(opened.db, relayTables), file: options.file };
}

/** A relay's database with the summaries 1 to 600 of a site, damaged and opened again. */
async function damaged(t: ExecutionContext, hurt: (file: string) => void) {
  const folder = await temporaryFolder(t);
  const before = await open(t, folder);
  await before.tables
    .insertInto('site')
    .values({ id: SITE, created_at: 1, password_hash: 'a hash' } as RelayTables['site'])
    .execute();
  for (let seq = 1; seq <= COUNT; seq += 100)
    await commitBatch(
      before.tables,
      Array.from({ length: 100 }, (_, i) => anArrival(seq + i, { site: SITE })),
      5_000,
    );
  await before.close();
  hurt(before.file);
  const { tables, guard } = await open(t, folder);
  const { n } = await tables
    .selectFrom('summary')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  const labels = await tables.selectFrom('sighted_label').selectAll().execute();
  const sites = await tables.selectFrom('site').selectAll().execute();
  const gaps = (await siteGaps(tables, SITE)).gaps.map(({ kind, count }) => ({ kind, count }));
  const [ledger] = await ledgerOf(tables, SITE);
  return { tables, n, labels: labels.length, sites, gaps, ledger, reasons: guard.reasons() };
}

test('summaries on a damaged page are in the gaps of their site, and the rest stays', async (t) => {
  const { n, gaps, ledger, reasons } = await damaged(t, (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'summary', 'leaf').slice(4, 6)),
  );
  t.true(n < COUNT && n > COUNT - 50, String(n));
  t.deepEqual(gaps, [{ kind: 'lost', count: COUNT - n }]);
  t.is(ledger?.watermark, COUNT);
  t.regex(
    reasons[0] ?? '',
    new RegExp(`relay\\.db was damaged.*lost: ${COUNT - n} rows of summary`),
  );
  t.regex(reasons[0] ?? '', /siteglass-relay database accept/);
});

test('a lost summary that arrives again is stored, and one that is there is not doubled', async (t) => {
  const { tables, n } = await damaged(t, (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'summary', 'leaf').slice(4, 6)),
  );
  const again = Array.from({ length: COUNT }, (_, i) => anArrival(i + 1, { site: SITE }));
  const { added } = await commitBatch(tables, again, 6_000);
  t.is(added, COUNT - n);
  t.deepEqual((await siteGaps(tables, SITE)).gaps, []);
});

test('a lost ledger is made from the summaries, so that none is counted twice', async (t) => {
  const { tables, n, ledger, gaps } = await damaged(t, (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'ledger', 'leaf')),
  );
  t.is(n, COUNT);
  t.deepEqual(ledger && { ...ledger, updatedAt: 0 }, {
    ...{ site: SITE, epoch: EPOCH, watermark: COUNT, ahead: [] },
    updatedAt: 0,
  });
  t.deepEqual(gaps, []);
  const again = Array.from({ length: 50 }, (_, i) => anArrival(COUNT - 24 + i, { site: SITE }));
  t.is((await commitBatch(tables, again, 6_000)).added, 25);
});

test('lost labels are made again from the summaries', async (t) => {
  const { labels, gaps } = await damaged(t, (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'sighted_label', 'leaf').slice(1)),
  );
  t.is(labels, COUNT);
  t.deepEqual(gaps, []);
});

test('sites whose rows are lost stay, and the report says that they need a password', async (t) => {
  const { sites, reasons, n } = await damaged(t, (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'site', 'leaf')),
  );
  t.is(n, COUNT);
  t.deepEqual(
    sites.map(({ id, password_hash }) => ({ id, password_hash })),
    [{ id: SITE, password_hash: null }],
  );
  t.regex(reasons[0] ?? '', /1 sites lost their accounts and need a new password/);
});

for (const [name, hurt] of [
  ['header', damage.zeroHeader],
  ['schema', (file) => damage.damagePages(file, [1])],
  [
    'index',
    (file) => damage.damagePages(file, damage.pagesOf(file, 'summary_by_site', 'internal'), 12),
  ],
  [
    'root of the summaries',
    (file) => damage.damagePages(file, damage.pagesOf(file, 'summary', 'internal')),
  ],
] as [string, (file: string) => void][])
  test(`damage of the ${name} loses nothing`, async (t) => {
    const { n, labels, gaps, sites, ledger } = await damaged(t, hurt);
    t.deepEqual([n, labels, gaps, ledger?.watermark], [COUNT, COUNT, [], COUNT]);
    t.is(sites[0]?.password_hash, 'a hash');
  });
