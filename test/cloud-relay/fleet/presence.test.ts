import test, { type ExecutionContext } from 'ava';
import { Presence, STALE_AFTER_MS } from '../../../cloud-relay/fleet/presence.js';
import { Ingest } from '../../../cloud-relay/ingest/ingest.js';
import { anArrival, log } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { aHealthReport } from '../../support/health-report.js';

const MINUTE_MS = 60_000;

/** A relay's presence with clocks of the test, and its ingest. */
async function setUp(t: ExecutionContext) {
  const { bus, db, registry, appliances } = await startFleet(t);
  const at = { wall: Date.parse('2026-05-01T12:00:00Z'), steady: 1_000_000 };
  const open = () =>
    new Presence(
      bus,
      db,
      registry,
      log,
      () => at.wall,
      () => at.steady,
    );
  const presence = open();
  await presence.start();
  t.teardown(() => presence.stop());
  const ingest = new Ingest(bus, db, registry, log, {
    onRecord: (site) => presence.recordArrived(site),
  });
  await ingest.start();
  const pass = (ms: number) => {
    at.wall += ms;
    at.steady += ms;
  };
  const site = { site: 'north' };
  const is = (expected: string) =>
    eventually(`north is ${expected}`, () => presence.of('north').availability === expected, 5_000);
  let seq = 0;
  return {
    at,
    pass,
    presence,
    open,
    is,
    says: (what: 'online' | 'offline') => appliances.publish('siteAvailability', site, what),
    sends: () => appliances.publish('up', site, anArrival(++seq).record),
    reports: () => appliances.publish('health', site, aHealthReport()),
  };
}

test('a site whose records arrive after a late will is online', async (t) => {
  const { says, sends, is, pass, presence, at } = await setUp(t);
  await says('online');
  await is('online');
  await says('offline');
  await is('offline');
  pass(MINUTE_MS);
  await sends();
  await is('online');
  t.is(presence.of('north').lastSeenAt, at.wall);
});

test('a site whose health reports arrive is online, though it sends no records', async (t) => {
  const { says, reports, is, pass } = await setUp(t);
  await says('offline');
  await is('offline');
  pass(MINUTE_MS);
  await reports();
  await t.notThrowsAsync(is('online'));
});

test('a site that never said that it is online, or whose message was cleared, is online by its records', async (t) => {
  const { sends, is } = await setUp(t);
  await sends();
  await t.notThrowsAsync(is('online'));
});

test('a record that was sent before the end of a connection does not make the site online', async (t) => {
  const { says, sends, is, pass, presence } = await setUp(t);
  await says('online');
  await is('online');
  await says('offline');
  await is('offline');
  pass(1_000);
  const seen = presence.of('north').lastSeenAt;
  await sends();
  await eventually('the record arrives', () => presence.of('north').lastSeenAt !== seen);
  t.is(presence.of('north').availability, 'offline');
});

test('no site becomes stale, and none stays fresh, because the clock of the relay is set', async (t) => {
  const { reports, at, pass, presence, open } = await setUp(t);
  await reports();
  await eventually(() => presence.of('north').health !== null);
  for (const step of [365 * 86_400_000, -3 * 365 * 86_400_000]) {
    at.wall += step;
    t.false(presence.of('north').stale);
    pass(MINUTE_MS);
    t.false(presence.of('north').stale);
  }
  pass(STALE_AFTER_MS);
  t.true(presence.of('north').stale);
  await presence.stop();
  const restarted = open();
  await restarted.start();
  t.teardown(() => restarted.stop());
  pass(STALE_AFTER_MS + 1);
  t.true(restarted.of('north').stale, 'also if its last report was dated later than now');
});
