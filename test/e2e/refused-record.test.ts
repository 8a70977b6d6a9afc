import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { siteGaps } from '../../cloud-relay/fleet/gaps.js';
import { SiteRegistry } from '../../cloud-relay/fleet/site-registry.js';
import { Ingest } from '../../cloud-relay/ingest/ingest.js';
import type { Summary } from '../../core/contract/summary.js';
import { Outbox } from '../../edge/store/outbox.js';
import { refusedSummaries } from '../../edge/store/outbox-refused.js';
import { Uplink } from '../../edge/uplink/uplink.js';
import { startBroker } from '../support/broker.js';
import {
  aDetection,
  aSummary,
  log,
  openOutboxDatabase,
  relayDatabase,
} from '../support/delivery-fixtures.js';
import { eventually } from '../support/eventually.js';
import { connectedBus } from '../support/message-bus.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const site = 'north';

/** An appliance and a relay. In the outbox, the third of five summaries has another payload before it is sent. */
async function deliverWithFault(t: ExecutionContext, payloadOf: (summary: Summary) => string) {
  const { url } = await startBroker(t);
  const relayDb = await relayDatabase(t);
  const registry = new SiteRegistry(relayDb, { admitUnknown: true }, log);
  const ingest = new Ingest(await connectedBus(t, url), relayDb, registry, log);
  await ingest.start();
  const { db, close } = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(close);
  const outbox = new Outbox(db);
  const summaries = Array.from({ length: 5 }, () => aSummary());
  await db.transaction().execute(async (trx) => {
    for (const summary of summaries) await outbox.append(trx, summary);
  });
  const payload = payloadOf(summaries[2] ?? aSummary());
  const bytes = Buffer.byteLength(payload);
  await db.updateTable('outbox').set({ payload, bytes }).where('seq', '=', 3).execute();
  const uplink = new Uplink(
    await connectedBus(t, url),
    outbox,
    { site, settleOn: 'ack', graceMs: 20, stallMs: 5_000 },
    log,
  );
  await uplink.start();
  t.teardown(() => uplink.stop());
  await eventually(async () => (await outbox.state()).ackedSeq === 5);
  const stored = await relayDb.selectFrom('summary').select('seq').orderBy('seq').execute();
  const { gaps } = await siteGaps(relayDb, site);
  return { db, relayDb, outbox, ingest, summaries, gaps, seqs: stored.map(({ seq }) => seq) };
}

const unacceptable: Record<string, (summary: Summary) => object> = {
  'too many labels': (summary) => ({
    ...summary,
    detections: Array.from({ length: 65 }, (_, i) => aDetection(`label ${i}`)),
  }),
  'a camera id of another form': (summary) => ({ ...summary, camera: 'Gate 1' }),
  'a field of another type': (summary) => ({ ...summary, width: '1280' }),
  'no detections': ({ detections: _, ...summary }) => summary,
  'a detection that is none': (summary) => ({ ...summary, detections: [null] }),
  'no detections, and more bytes than a message may have': ({ detections: _, ...summary }) => ({
    ...summary,
    more: 'x'.repeat(300_000),
  }),
  'more bytes than a message may have': (summary) => ({ ...summary, more: 'x'.repeat(300_000) }),
};

for (const [name, fault] of Object.entries(unacceptable))
  test(`a summary that nobody accepts (${name}) is set aside, and those behind it go on`, async (t) => {
    const { db, outbox, seqs, gaps, summaries } = await deliverWithFault(t, (summary) =>
      JSON.stringify(fault(summary)),
    );
    t.deepEqual(seqs, [1, 2, 4, 5]);
    t.like(await outbox.state(), { summaries: 0, refused: 1 });
    const [kept] = await refusedSummaries(db);
    t.is(kept?.summary.snapshot, summaries[2]?.snapshot);
    t.is(gaps.length, 1);
    t.like(gaps[0], { kind: 'refused', from: 3, to: 3, reason: null });
    t.is(gaps[0]?.detail, kept?.reason);
  });

const nested = '['.repeat(50_000) + ']'.repeat(50_000);
/** An object that cannot be compared with a number. */
const odd = '{"valueOf":1,"toString":1}';
const ofDetection = (fields: string) =>
  `{"detections":[{"label":"a","neighbors":2},{"label":"b",${fields}}]}`;

/** Payloads as a damaged database may have them. */
const damaged: Record<string, { payload: string; kind: 'dropped' | 'refused' }> = {
  'not JSON': { payload: '{"camera":', kind: 'dropped' },
  null: { payload: 'null', kind: 'dropped' },
  'a text': { payload: '"text"', kind: 'dropped' },
  'a number': { payload: '5', kind: 'dropped' },
  'an array': { payload: '[{}]', kind: 'dropped' },
  'an object of no detections': { payload: '{"detections":{"0":{}}}', kind: 'refused' },
  'labels that are no texts': { payload: ofDetection('"label":{}'), kind: 'refused' },
  'numbers beyond any': { payload: ofDetection('"confidence":1e999'), kind: 'refused' },
  'values that do not compare': {
    payload: ofDetection(`"confidence":${odd},"neighbors":${odd},"more":"${'x'.repeat(300_000)}"`),
    kind: 'refused',
  },
  'deeply nested': { payload: `{"more":${nested}}`, kind: 'refused' },
  'deeply nested, and more bytes than a message may have': {
    payload: ofDetection(`"confidence":1,"score":1,"box":[${nested},${nested},${nested}]`),
    kind: 'refused',
  },
};

for (const [name, { payload, kind }] of Object.entries(damaged))
  test(`a payload that is damaged (${name}) is not sent, and those behind it go on`, async (t) => {
    const { db, outbox, seqs, gaps } = await deliverWithFault(t, () => payload);
    t.deepEqual(seqs, [1, 2, 4, 5]);
    t.is((await outbox.state()).summaries, 0);
    t.is((await refusedSummaries(db)).length, kind === 'refused' ? 1 : 0);
    t.deepEqual(
      gaps.map((gap) => ({ kind: gap.kind, from: gap.from, to: gap.to })),
      [{ kind, from: 3, to: 3 }],
    );
  });

test('the relay counts what it refuses, and nothing is lost or failed', async (t) => {
  const { ingest, gaps } = await deliverWithFault(t, ({ detections: _, ...summary }) =>
    JSON.stringify(summary),
  );
  t.like(ingest.status(), { rejected: 1, damaged: 0, lost: 0, failed: 0 });
  t.regex(gaps[0]?.detail ?? '', /refused by the relay: .*detections/);
});

test('a record that the database of the relay does not take is refused after some attempts', async (t) => {
  const { url } = await startBroker(t);
  const relayDb = await relayDatabase(t);
  await sql`create trigger picky before insert on summary when new.camera = 'bad'
    begin select raise(abort, 'not this one'); end`.execute(relayDb);
  const registry = new SiteRegistry(relayDb, { admitUnknown: true }, log);
  const ingest = new Ingest(await connectedBus(t, url), relayDb, registry, log);
  await ingest.start();
  const { db, close } = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(close);
  const outbox = new Outbox(db);
  await db.transaction().execute(async (trx) => {
    for (const camera of ['a', 'bad', 'b']) await outbox.append(trx, aSummary({ camera }));
  });
  const bus = await connectedBus(t, url);
  const options = { site, settleOn: 'ack', graceMs: 20, stallMs: 100 } as const;
  const uplink = new Uplink(bus, outbox, options, log);
  await uplink.start();
  t.teardown(() => uplink.stop());
  await eventually(async () => (await outbox.state()).ackedSeq === 3);
  const stored = await relayDb.selectFrom('summary').select('seq').orderBy('seq').execute();
  t.deepEqual(
    stored.map(({ seq }) => seq),
    [1, 3],
  );
  const { gaps } = await siteGaps(relayDb, site);
  t.like(gaps[0], { kind: 'refused', from: 2, to: 2 });
  t.regex(gaps[0]?.detail ?? '', /cannot store it: not this one/);
});
