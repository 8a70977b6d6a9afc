import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import type { Health } from '../../../core/contract/live-payloads.js';
import type { NotificationMessage } from '../../../core/contract/notification-delivery.js';
import type { SiteResource } from '../../../core/contract/site.js';
import { startReceiver } from '../../fakes/webhook-receiver.js';
import { ApiClient } from '../../support/api-client.js';
import { eventually } from '../../support/eventually.js';
import { aHealthReport } from '../../support/health-report.js';
import { startRelay } from '../../support/relay.js';

const API = '/api/v1';
const MINUTE_MS = 60_000;

/** A relay with a site, rules for everything that a site may suffer, and a receiver. */
async function setUp(t: ExecutionContext, ...triggers: string[]) {
  const receiver = await startReceiver(t);
  const clock = { now: Date.parse('2026-05-04T12:00:00Z') };
  const relay = await startRelay(['notifications.allowOwnMachine=true'], {
    clock: () => clock.now,
  });
  t.teardown(() => relay.stop());
  const api = await ApiClient.connect(relay.url, relay.adminToken);
  const post = <T>(path: string, body: object) =>
    api.call<T>(t, 'POST', `${API}${path}`, {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
  const { password } = (await post<{ password: string }>('/sites', { id: 'north' })).json;
  await post('/notifications/ways', { id: 'hook', kind: 'webhook', url: receiver.url });
  for (const when of triggers) {
    const rule = { id: when.replaceAll('_', '-'), when, ways: ['hook'], cooldownMinutes: 0 };
    t.is((await post('/notifications/rules', rule)).status, 201);
  }
  const appliance = await connectAsync(relay.brokerUrl, {
    ...{ username: 'north', password, clientId: 'siteglass-north' },
  });
  t.teardown(() => appliance.endAsync(true));
  const site = async () =>
    (await api.get<{ site: SiteResource }>(t, `${API}/sites/north`)).json.site;
  return {
    ...{ relay, receiver, api, site, appliance },
    async reports(more: Partial<Health> = {}) {
      const uptimeSeconds = Math.round(Math.random() * 1e9);
      const report = { ...aHealthReport(), ...more, uptimeSeconds };
      await appliance.publishAsync('siteglass/north/health', JSON.stringify(report), { qos: 1 });
      await eventually(async () => (await site()).health?.uptimeSeconds === uptimeSeconds);
    },
    /** Lets time pass, and looks at the conditions. */
    async pass(minutes: number) {
      clock.now += minutes * MINUTE_MS;
      await relay.notifications.engine.run();
      await relay.notifications.sender.idle();
    },
    told: () =>
      receiver.accepted
        .map(({ body }) => JSON.parse(String(body)) as NotificationMessage)
        .map(({ event, phase, site: of, camera }) => [event, phase, of, camera].join(' ')),
  };
}

test('a site that does not report is told once, and that it reports again', async (t) => {
  const { reports, pass, told } = await setUp(t, 'site_stale');
  await pass(10);
  t.deepEqual(told(), [], 'a site that never reported');
  await reports();
  await pass(4);
  await pass(6);
  t.deepEqual(told(), ['site_stale problem north ']);
  await pass(60);
  t.is(told().length, 1);
  await reports();
  await pass(0);
  await pass(1);
  t.deepEqual(told().slice(1), ['site_stale recovered north ']);
});

test('the backlog and the offline cameras of a site are told by its reports', async (t) => {
  const { reports, pass, told } = await setUp(t, 'backlog', 'camera_offline');
  const bad = {
    outbox: { depth: 2_000, oldestSeconds: 900 },
    cameras: { online: 1, total: 3, offline: ['gate', 'yard'] },
  };
  await reports(bad);
  await pass(0);
  for (let i = 0; i < 3; i++) {
    await pass(2);
    await reports(bad);
  }
  t.deepEqual(told().sort(), [
    'backlog problem north ',
    'camera_offline problem north gate',
    'camera_offline problem north yard',
  ]);
  await reports({ cameras: { online: 2, total: 3, offline: ['yard'] } });
  await pass(0);
  await pass(1);
  t.deepEqual(told().slice(3).sort(), [
    'backlog recovered north ',
    'camera_offline recovered north gate',
  ]);
  // No report: nobody knows about the camera any more.
  await pass(30);
  t.is(told().length, 5);
});

test('a rule that names cameras is about these alone', async (t) => {
  const { api, reports, pass, told } = await setUp(t, 'camera_offline');
  const rule = { id: 'camera-offline', when: 'camera_offline', ways: ['hook'], cameras: ['yard'] };
  t.is((await api.put(t, `${API}/notifications/rules/camera-offline`, rule)).status, 200);
  const bad = { cameras: { online: 1, total: 3, offline: ['gate', 'yard'] } };
  await reports(bad);
  await pass(0);
  for (let i = 0; i < 3; i++) {
    await pass(2);
    await reports(bad);
  }
  t.deepEqual(told(), ['camera_offline problem north yard']);
});

test('a message about a site also goes to its topic at the broker', async (t) => {
  const { relay, api, reports, pass, appliance } = await setUp(t);
  const add = (path: string, body: object) =>
    api.call(t, 'POST', `${API}/notifications${path}`, {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
  t.is((await add('/ways', { id: 'broker', kind: 'mqtt' })).status, 201);
  await add('/rules', { id: 'stale', when: 'site_stale', afterMinutes: 0, ways: ['broker'] });
  await reports();
  t.is(appliance.connected, true);
  await pass(4);
  const { deliveries } = (
    await api.get<{ deliveries: { state: string; lastAnswer: { text: string } }[] }>(
      t,
      `${API}/notifications/deliveries`,
    )
  ).json;
  t.like(deliveries[0], {
    state: 'delivered',
    lastAnswer: { text: 'the broker has confirmed it' },
  });
  t.truthy(relay.broker);
});

test('a receiver on the machine of the relay is refused unless the configuration allows it', async (t) => {
  const receiver = await startReceiver(t);
  const relay = await startRelay();
  t.teardown(() => relay.stop());
  const api = await ApiClient.connect(relay.url, relay.adminToken);
  const call = (path: string, body: object) =>
    api.call<{ answer: string }>(t, 'POST', `${API}/notifications/ways${path}`, {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
  await call('', { id: 'hook', kind: 'webhook', url: receiver.url });
  t.regex((await call('/hook/test', {})).json.answer, /this machine itself/);
  t.is(receiver.requests.length, 0);
});
