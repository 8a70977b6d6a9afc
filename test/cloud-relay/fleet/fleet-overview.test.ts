import test, { type ExecutionContext } from 'ava';
import { FleetOverview } from '../../../cloud-relay/fleet/fleet-overview.js';
import { SiteCameras } from '../../../cloud-relay/fleet/site-cameras.js';
import { Ingest } from '../../../cloud-relay/ingest/ingest.js';
import type { Payload } from '../../../core/contract/topics.js';
import { aDrop, anArrival, log } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { type OpenRelayDatabase, relayDatabases } from '../../support/relay-databases.js';

const DAY_MS = 86_400_000;
const NOON = Date.parse('2026-05-04T12:00:00Z');

const aReport = (more: Partial<Payload<'cameraReport'>> = {}): Payload<'cameraReport'> => ({
  state: 'online',
  circuit: 'closed',
  paused: false,
  lastError: null,
  lastSnapshotAt: '2026-05-04T11:59:59.000Z',
  pictureAgeSeconds: 1,
  consecutiveFailures: 0,
  taken: 5,
  unchanged: 0,
  ...more,
});

async function setUp(
  t: ExecutionContext,
  { maxPerSite = 3, open }: { maxPerSite?: number; open?: OpenRelayDatabase } = {},
) {
  let now = NOON;
  const clock = () => now;
  const { bus, db, registry, appliances, fleet } = await startFleet(
    t,
    { admitUnknown: true },
    clock,
    open,
  );
  const cameras = new SiteCameras(bus, registry, maxPerSite, log, clock);
  await cameras.start();
  const ingest = new Ingest(bus, db, registry, log);
  await ingest.start();
  const overview = new FleetOverview(db, fleet, cameras, clock);
  return {
    ...{ overview, cameras, registry, appliances, fleet },
    pass: (ms: number) => {
      now += ms;
    },
    reports: (site: string, camera: string, more?: Partial<Payload<'cameraReport'>>) =>
      appliances.publish('cameraReport', { site, camera }, aReport(more)),
    sends: (arrival: { record: Payload<'up'> }, site = 'north') =>
      appliances.publish('up', { site }, arrival.record),
  };
}

for (const { name, open } of relayDatabases(test))
  test(`a page has gaps by kind, cameras that are down, and detections of the last seven days: ${name}`, async (t) => {
    const { overview, reports, sends } = await setUp(t, { open });
    const takenAt = (days: number) => new Date(NOON - days * DAY_MS).toISOString();
    await sends(anArrival(1, { summary: { takenAt: takenAt(0) } }));
    await sends(anArrival(2, { summary: { takenAt: takenAt(2) } }));
    await sends(anArrival(3, { summary: { takenAt: takenAt(9) } }));
    await sends(aDrop(4, 8));
    await sends(anArrival(12));
    await reports('north', 'gate');
    await reports('north', 'yard', { state: 'offline', lastError: 'x'.repeat(5_000) });
    await reports('south', 'roof', { state: 'paused', paused: true });
    const page = await eventually('everything arrived', async () => {
      const { sites } = await overview.page({ limit: 10 });
      const [north, south] = sites;
      return north?.summaries === 4 && south && north.camerasDown.length > 0 && { north, south };
    });
    t.deepEqual(page.north.gaps, { missing: 3, lost: 0, dropped: 5, refused: 0 });
    t.deepEqual(page.north.camerasDown, ['yard']);
    t.deepEqual(page.south.camerasDown, []);
    t.deepEqual(page.south.gaps, { missing: 0, lost: 0, dropped: 0, refused: 0 });
    t.deepEqual(
      page.north.days.map(({ day, detections }) => `${day} ${detections}`),
      [
        '2026-04-28 0',
        '2026-04-29 0',
        '2026-04-30 0',
        '2026-05-01 0',
        '2026-05-02 1',
        '2026-05-03 0',
        '2026-05-04 1',
      ],
    );
    const yard = (await overview.cameras('north')).find(({ id }) => id === 'yard');
    t.is(yard?.lastError?.length, 300);
    await t.throwsAsync(overview.cameras('nowhere'), { message: /nowhere/ });
  });

test('pages of the fleet follow one another', async (t) => {
  const { overview, registry } = await setUp(t);
  for (const site of ['a', 'b', 'c']) await registry.admit(site);
  const first = await overview.page({ limit: 2 });
  t.deepEqual([first.sites.map(({ id }) => id), first.next], [['a', 'b'], 'b']);
  const second = await overview.page({ limit: 2, after: 'b' });
  t.deepEqual([second.sites.map(({ id }) => id), second.next], [['c'], null]);
});

test('a camera beyond the bound of a site is not kept, and one that left makes room', async (t) => {
  const { cameras, reports, pass } = await setUp(t, { maxPerSite: 2 });
  const ids = () => cameras.of('north').map(({ id }) => id);
  await reports('north', 'a');
  await reports('north', 'b');
  await reports('north', 'c');
  await eventually(() => ids().length === 2);
  t.deepEqual(ids(), ['a', 'b']);
  pass(6 * 60_000);
  await reports('north', 'b', { taken: 6 });
  await eventually(() => cameras.of('north').some(({ taken }) => taken === 6));
  pass(5 * 60_000);
  await reports('north', 'c');
  await eventually(() => ids().includes('c'));
  t.deepEqual(ids(), ['b', 'c'], 'a was not reported for eleven minutes while its site was');
});

test('cameras of a site that is silent stay as they were, until the site is removed', async (t) => {
  const { cameras, reports, pass } = await setUp(t);
  await reports('north', 'a', { state: 'frozen' });
  await eventually(() => cameras.of('north').length === 1);
  pass(DAY_MS);
  t.is(cameras.of('north')[0]?.state, 'frozen');
  cameras.forget('north');
  t.deepEqual(cameras.of('north'), []);
});

test('the ids of cameras are listed in pages, each with the sites that report it', async (t) => {
  const { overview, cameras, reports } = await setUp(t, { maxPerSite: 10 });
  const sites = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  for (const site of sites) await reports(site, 'gate');
  await reports('b', 'yard');
  await reports('c', 'dock');
  await eventually(() => sites.every((site) => cameras.of(site).length > 0));
  await eventually(() => cameras.of('b').length + cameras.of('c').length === 4);
  const first = overview.cameraIds({ limit: 2 });
  t.deepEqual(first, {
    cameras: [
      { id: 'dock', siteCount: 1, sites: ['c'] },
      { id: 'gate', siteCount: 7, sites: ['a', 'b', 'c', 'd', 'e'] },
    ],
    next: 'gate',
  });
  const rest = overview.cameraIds({ limit: 2, after: 'gate' });
  t.deepEqual([rest.cameras.map(({ id }) => id), rest.next], [['yard'], null]);
  const ofSite = overview.cameraIds({ limit: 10, site: ['b', 'nowhere'] });
  t.deepEqual(ofSite.cameras, [
    { id: 'gate', siteCount: 1, sites: ['b'] },
    { id: 'yard', siteCount: 1, sites: ['b'] },
  ]);
});
