import test from 'ava';
import type { Problem } from '../../../../core/contract/problem.js';
import type {
  OneSighting,
  SightingDays,
  SightingEvent,
  SightingPage,
} from '../../../../core/contract/sighting.js';
import type { SightingTotals } from '../../../../core/contract/totals.js';
import { readEvents } from '../../../edge/support/event-reader.js';
import { API, EMPTY, openStreet, SIGN } from '../../../edge/support/street.js';
import { eventually } from '../../../support/eventually.js';

const LEFT_AND_RIGHT =
  ', zones: [{ name: "left, half", kind: include, points: [[0, 0], [0.6, 0], [0.6, 1], [0, 1]] }, { name: all, kind: include, points: [[0, 0], [1, 0], [1, 1], [0, 1]] }]';

test('a sighting has zones, a signed picture, and when it left; the list is filtered by all of it', async (t) => {
  const { edge, api, show, auth } = await openStreet(t, { each: LEFT_AND_RIGHT });
  const heard = await readEvents(t, `${edge.url}${API}/events/stream`, auth);
  await show('gate', SIGN, EMPTY);
  await show('yard', SIGN);
  const list = async (query = '') =>
    (await api.get<SightingPage>(t, `${API}/sightings${query}`)).json.sightings;
  const [yard, gate] = await list();
  t.is(gate?.camera, 'gate');
  t.is(gate?.cameraName, 'The gate');
  t.true(gate?.zones.includes('all'));
  t.true((gate?.leftAt ?? '') > (gate?.lastSeenAt ?? ''), 'it left with the next snapshot');
  t.is(yard?.leftAt, null);
  t.deepEqual(gate?.pictureSize, { width: 960, height: 540 });
  const picture = await fetch(gate?.picture?.replace(/^https?:\/\/[^/]+/, edge.url) ?? '');
  t.is(picture.status, 200);

  const ids = async (query: string) => (await list(query)).map(({ id }) => id);
  const both = [yard?.id, gate?.id];
  t.deepEqual(await ids('?camera=gate&camera=yard&zone=all&zone=none'), both);
  t.deepEqual(await ids('?zone=al'), []);
  t.deepEqual(
    await ids(`?zone=${encodeURIComponent('left, half')}`),
    gate?.zones.length === 2 ? both : [],
  );
  t.deepEqual(await ids('?label=stop%20sign&label=cat%20face&camera=yard'), [yard?.id]);
  t.deepEqual(await ids(`?detector=${gate?.detector}&minConfidence=0.1`), both);
  t.deepEqual(await ids('?minConfidence=1'), []);
  t.is((await api.get(t, `${API}/sightings?minConfidence=high`)).status, 400);

  await eventually('the events', () => heard.events.length === 3);
  const left = heard.events.map(({ data }) => JSON.parse(data) as SightingEvent)[1];
  t.like(left, { event_type: 'left', cameraName: 'The gate', zones: gate?.zones });
  t.is(left?.leftAt, gate?.leftAt);
  t.is(left?.confidence, gate?.best.confidence);
  t.is(left?.picture, gate?.picture);

  const { json } = await api.get<OneSighting>(t, `${API}/sightings/${gate?.id}`);
  t.deepEqual([json.previous, json.next], [null, yard?.id ?? '']);
  const alone = await api.get<OneSighting>(t, `${API}/sightings/${gate?.id}?camera=gate`);
  t.deepEqual([alone.json.previous, alone.json.next], [null, null]);
});

test('a viewer cannot mark a sighting; what an operator marks is kept, listed and recorded', async (t) => {
  const { edge, api, show } = await openStreet(t);
  await show('gate', SIGN, EMPTY);
  await show('yard', SIGN, EMPTY);
  const page = await api.get<SightingPage>(t, `${API}/sightings`);
  const [other, sighting] = page.json.sightings;
  const mark = async (body: unknown, token = edge.adminToken) =>
    api.call<{ sighting: SightingPage['sightings'][number] }>(
      t,
      'PUT',
      `${API}/sightings/${sighting?.id}/mark`,
      {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      },
    );
  const viewer = await edge.tokens.create('a viewer', 'viewer');
  t.is((await mark({ wrong: true }, viewer)).status, 403);
  const scoped = await edge.tokens.create('yard only', 'operator', { cameras: ['yard'] });
  t.is((await mark({ wrong: true }, scoped)).status, 403);
  t.is((await mark({ wrong: true, note: 'x'.repeat(501) })).status, 400);

  const operator = await edge.tokens.create('an operator', 'operator');
  const marked = await mark({ wrong: true, note: 'a poster' }, operator);
  t.like(marked.json.sighting.mark, { wrong: true, note: 'a poster', pictureKept: true });
  t.is(marked.json.sighting.mark?.by, 'an operator');
  const ids = async (query: string) =>
    (await api.get<SightingPage>(t, `${API}/sightings${query}`)).json.sightings.map(({ id }) => id);
  t.deepEqual(await ids('?marked=true'), [sighting?.id]);
  t.deepEqual(await ids('?marked=false'), [other?.id]);
  const { json: audit } = await api.get<{ entries: { action: string; subject: string }[] }>(
    t,
    `${API}/audit?action=sighting_marked`,
  );
  t.is(audit.entries[0]?.subject, sighting?.id);
  t.is((await mark({ wrong: false })).json.sighting.mark, null);
  t.deepEqual(await ids('?marked=true'), []);
});

test('totals and days count each sighting once, in any time zone, for the cameras of the caller', async (t) => {
  const { api, show, edge } = await openStreet(t);
  await show('gate', SIGN, SIGN, EMPTY, SIGN);
  await show('yard', SIGN);
  const totals = async (query = '') =>
    (await api.get<SightingTotals>(t, `${API}/totals${query}`)).json.totals;
  const sum = (found: SightingTotals['totals']) =>
    found.reduce((total, { sightings }) => total + sightings, 0);
  const all = await totals();
  t.is(sum(all), 3);
  t.is(sum(await totals('?camera=gate&label=stop%20sign')), 2);
  t.is(sum(await totals('?per=day&timeZone=Asia/Kolkata')), 3);
  t.regex(all[0]?.at ?? '', /:00:00\.000Z$/);
  const { json: days } = await api.get<SightingDays>(
    t,
    `${API}/sightings/days?timeZone=Pacific/Apia`,
  );
  t.is(
    days.days.reduce((total, { sightings }) => total + sightings, 0),
    3,
  );
  const bad = await api.get<Problem>(t, `${API}/totals?per=day&timeZone=Mars/Base`);
  t.is(bad.status, 400);
  t.regex(bad.json.detail ?? '', /there is no time zone "Mars\/Base"/);
  t.is((await api.get(t, `${API}/totals?camera=nothing`)).status, 400);
  t.is((await api.get(t, `${API}/totals?from=2000-01-01T00:00:00.000Z`)).status, 200);
  const scoped = await edge.tokens.create('yard only', 'viewer', { cameras: ['yard'] });
  const limited = { Authorization: `Bearer ${scoped}` };
  t.is((await api.get(t, `${API}/totals?camera=yard&camera=gate`, limited)).status, 403);
  t.is((await api.get(t, `${API}/totals?camera=yard`, limited)).status, 200);
});
