import test, { type ExecutionContext } from 'ava';
import {
  type LiveChanges,
  type LiveState,
  liveChangesSchema,
  liveStateSchema,
} from '../../../../core/contract/live.js';
import { readEvents } from '../../../edge/support/event-reader.js';
import { API, EMPTY, openStreet, SIGN, type Street } from '../../../edge/support/street.js';
import { eventually } from '../../../support/eventually.js';

/** A client of the live stream: its state, and all changes since. */
async function watch(t: ExecutionContext, { edge }: Street, token = edge.adminToken) {
  const headers = { Authorization: `Bearer ${token}` };
  const reader = await readEvents(t, `${edge.url}${API}/live`, headers);
  await eventually('the state', () => reader.events.length > 0);
  const [first] = reader.events;
  t.is(first?.event, 'state');
  const state: LiveState = liveStateSchema.parse(JSON.parse(first?.data ?? ''));
  const changes = (): LiveChanges[] =>
    reader.events.slice(1).map(({ event, data }) => {
      t.is(event, 'changes');
      return liveChangesSchema.parse(JSON.parse(data));
    });
  return { ...reader, state, changes };
}

test('a page gets the whole state at first, and then what changes', async (t) => {
  const street = await openStreet(t);
  const [before = ''] = await street.show('gate', SIGN);
  const page = await watch(t, street);
  const [gate, yard] = page.state.cameras;
  t.like(gate, { id: 'gate', name: 'The gate', state: 'online' });
  t.like(gate?.picture, { id: before, stored: true, omitted: 0 });
  t.like(gate?.picture?.detections[0], { label: 'stop sign' });
  t.like(gate?.present[0], { label: 'stop sign', static: false });
  t.like(yard, { id: 'yard', picture: null, present: [] });
  t.like(page.state.relay, { configured: false, connected: false, depth: 0 });
  t.is(page.state.health?.cameras.total, 2);

  const [image] = await street.show('yard', SIGN);
  await eventually('the yard', () => page.changes().some(({ sightings }) => sightings));
  const change = page.changes().find(({ sightings }) => sightings);
  const shown = change?.cameras?.find(({ id }) => id === 'yard');
  t.like(shown, { state: 'online' });
  t.is(shown?.picture?.id, image);
  t.like(change?.sightings?.[0], {
    event_type: 'appeared',
    camera: 'yard',
    cameraName: 'The yard',
  });
  await street.show('yard', EMPTY);
  await eventually('that it left', () =>
    page.changes().some(({ sightings }) => sightings?.[0]?.event_type === 'left'),
  );
  const last = page
    .changes()
    .flatMap(({ cameras = [] }) => cameras)
    .filter(({ id }) => id === 'yard')
    .at(-1);
  t.deepEqual(last?.present, []);

  // After a lost connection, everything comes again; after a restart, it comes from the database.
  const again = await watch(t, street);
  t.is(again.state.cameras[1]?.picture?.id, last?.picture?.id);
});

test('a token for some cameras sees these alone, and nothing of the site', async (t) => {
  const street = await openStreet(t);
  const token = await street.edge.tokens.create('wall', 'viewer', { cameras: ['yard'] });
  await street.show('gate', SIGN);
  const page = await watch(t, street, token);
  t.deepEqual(
    page.state.cameras.map(({ id }) => id),
    ['yard'],
  );
  t.is(page.state.relay, null);
  t.is(page.state.health, null);
  await street.show('gate', EMPTY);
  await street.show('yard', SIGN);
  await eventually('the yard', () => page.changes().some(({ sightings }) => sightings));
  const seen = page.changes();
  t.deepEqual(
    new Set(seen.flatMap(({ cameras = [] }) => cameras.map(({ id }) => id))),
    new Set(['yard']),
  );
  t.deepEqual(
    new Set(seen.flatMap(({ sightings = [] }) => sightings.map((one) => one.camera))),
    new Set(['yard']),
  );
  t.true(seen.every(({ health, relay }) => health === undefined && relay === undefined));
});

test('the stream ends with its token, at once, and without one it does not begin', async (t) => {
  const street = await openStreet(t);
  const token = await street.edge.tokens.create('wall', 'viewer');
  const page = await watch(t, street, token);
  await street.edge.tokens.remove('wall');
  await page.ended;
  const { status } = await fetch(`${street.edge.url}${API}/live`);
  t.is(status, 401);
});

test('many pages are one address’s share of the places, and one that leaves frees its place', async (t) => {
  const street = await openStreet(t, { cameras: ['gate'] });
  const pages = await Promise.all(Array.from({ length: 16 }, () => watch(t, street)));
  const refused = await street.api.get<{ code: string }>(t, `${API}/live`);
  t.is(refused.status, 503);
  t.is(refused.json.code, 'streams_full');
  t.truthy(refused.headers.get('Retry-After'));
  pages[0]?.close();
  await eventually('a place', async () => (await street.api.get(t, `${API}/live`)).status === 200);
});
