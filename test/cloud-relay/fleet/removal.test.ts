import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Fleet } from '../../../cloud-relay/fleet/fleet.js';
import { SiteRegistry } from '../../../cloud-relay/fleet/site-registry.js';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { Ingest } from '../../../cloud-relay/ingest/ingest.js';
import { anArrival, EPOCH, log } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { relayDatabases, withSites } from '../../support/relay-databases.js';

for (const { name, open } of relayDatabases(test)) {
  test(`a site that is removed while it sends leaves nothing behind, doubles nothing and lost nothing (${name})`, async (t) => {
    const { db, bus, registry, presence, appliances } = await startFleet(
      t,
      { admitUnknown: true },
      undefined,
      open,
    );
    // A second relay on the same database, with its own memory of the sites.
    const second = new SiteRegistry(db, { admitUnknown: true }, log);
    await second.start();
    const fleet = new Fleet({ db, registry, presence, log });
    const ingest = new Ingest(bus, db, registry, log, { lingerMs: 2, maxBatch: 20 });
    await ingest.start();
    let isOver = false;
    let sent = 0;
    let acked = 0;
    let heardAt = performance.now();
    appliances.subscribe('ack', { site: 'north' }, ({ payload }) => {
      if (payload.epoch === EPOCH) acked = Math.max(acked, payload.seq);
      heardAt = performance.now();
    });
    // As an appliance: in order, at most 100 ahead of what is acknowledged, the last ones twice, and all again if no
    // acknowledgement comes. More repetitions would add up on a busy machine, which is slow to commit them.
    const sending = (async () => {
      let next = 1;
      while (!isOver || acked < sent) {
        if (!isOver && sent - acked < 100) sent += 10;
        const first = acked + 1;
        if (performance.now() - heardAt > 100) {
          next = first;
          heardAt = performance.now();
        }
        const from = next > sent ? next : Math.max(first, next - 5);
        const seqs = Array.from({ length: sent + 1 - from }, (_, i) => from + i);
        next = sent + 1;
        await Promise.all(
          seqs.map(async (seq) => {
            const { record } = anArrival(seq, { first });
            const message = { ...record, summary: { ...record.summary, snapshot: idOf(seq) } };
            await appliances.publish('up', { site: 'north' }, message);
            if (seq % 3 === 0 && (await second.admit('north'))) await sleep(0);
          }),
        );
        await sleep(5);
      }
    })();
    for (let round = 0; round < 3; round++) {
      const before = acked;
      await eventually('it sends', () => acked > before + 60);
      await fleet.removeSite('north');
    }
    const before = acked;
    await eventually('it sends again', () => acked > before + 60);
    isOver = true;
    await sending;
    const rows = await db.selectFrom('summary').select('seq').orderBy('seq').execute();
    const seqs = rows.map(({ seq }) => Number(seq));
    t.is(new Set(seqs).size, seqs.length, 'none is doubled');
    const { gaps } = await fleet.deliveries.gaps('north');
    t.true(gaps.length > 0);
    t.true(
      gaps.every(({ kind }) => kind === 'removed'),
      JSON.stringify(gaps),
    );
    const removed = gaps.reduce((sum, { count }) => sum + count, 0);
    t.is(seqs.length + removed, sent, 'what is not there was removed');
    const [ledger] = await db.selectFrom('ledger').selectAll().execute();
    t.is(Number(ledger?.summaries), seqs.length);
  });

  test(`nothing is stored for a site while it is being removed, and it is not admitted (${name})`, async (t) => {
    const { db, registry, fleet } = await startFleet(t, { admitUnknown: true }, undefined, open);
    await withSites(db, 'north');
    await commitBatch(db, [anArrival(1)], 0);
    await db.updateTable('site').set({ removing_at: 1 }).execute();
    t.deepEqual((await commitBatch(db, [anArrival(2)], 0)).unknown, ['north']);
    t.false(await registry.admit('north'));
    t.deepEqual((await fleet.listSites()).sites, []);
    await fleet.removeSite('north');
    t.true(await registry.admit('north'));
  });

  test(`what comes again of a removed site stays removed, and what is new is stored (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, { admitUnknown: true }, undefined, open);
    await withSites(db, 'north');
    await commitBatch(
      db,
      [1, 2, 3, 6].map((seq) => anArrival(seq)),
      0,
    );
    await fleet.removeSite('north');
    await withSites(db, 'north');
    const { added, lost, conflicts, ledger } = await commitBatch(
      db,
      [2, 4, 5, 7].map((seq) => anArrival(seq, { first: 2 })),
      0,
    );
    t.deepEqual({ added, lost, conflicts }, { added: 3, lost: [], conflicts: [] });
    t.is(ledger[0]?.watermark, 7);
    const { gaps } = await fleet.deliveries.gaps('north');
    t.deepEqual(
      gaps.map(({ kind, from, to }) => [kind, from, to]),
      [
        ['removed', 6, 6],
        ['removed', 1, 3],
      ],
    );
  });

  test(`an appliance whose site was removed is told that the relay had everything, and sends nothing again (${name})`, async (t) => {
    const { db, bus, registry, fleet, appliances } = await startFleet(
      t,
      { admitUnknown: true },
      undefined,
      open,
    );
    await new Ingest(bus, db, registry, log).start();
    await withSites(db, 'north');
    await commitBatch(
      db,
      [1, 2, 3].map((seq) => anArrival(seq)),
      0,
    );
    await fleet.removeSite('north');
    const acks: unknown[] = [];
    appliances.subscribe('ack', { site: 'north' }, ({ payload: { epoch, seq } }) => {
      acks.push([epoch, seq]);
    });
    await appliances.publish('siteAvailability', { site: 'north' }, 'online');
    await eventually('it is answered', () => acks.length > 0);
    t.deepEqual(acks, [[EPOCH, 3]]);
  });
}

/** A fixed id for a number, as an appliance sends the same summary again. */
const idOf = (seq: number): string =>
  `018f3b1c-0000-7000-8000-${seq.toString(16).padStart(12, '0')}`;
