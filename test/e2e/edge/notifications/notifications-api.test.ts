import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { NotificationsResource } from '../../../../core/contract/notification.js';
import type {
  DeliveryResource,
  NotificationMessage,
} from '../../../../core/contract/notification-delivery.js';
import type { Problem } from '../../../../core/contract/problem.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { startReceiver } from '../../../fakes/webhook-receiver.js';
import { ApiClient } from '../../../support/api-client.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const API = '/api/v1/notifications';
const EMPTY = '1-empty-street.jpg';
const SIGN = '3-sign-near.jpg';

/** An appliance whose camera shows what the test puts before it, and the client of an administrator. */
async function setUp(t: ExecutionContext, more: string[] = []) {
  const folder = join(await temporaryFolder(t), 'street');
  await mkdir(folder, { recursive: true });
  const tracking = 'sightings: { appearAfter: 1, within: 1, leaveAfter: 1 }';
  const zone = '{ name: All, kind: include, points: [[0, 0], [1, 0], [1, 1], [0, 1]] }';
  const camera = `{ id: street, name: "Main street", kind: folder, path: ${folder}, loop: true, schedule: "0 0 0 1 1 *", ${tracking}, zones: [${zone}] }`;
  const edge = await startEdge([`cameras=[${camera}]`, 'site=north', ...more]);
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const call = <T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object) =>
    api.call<T & Partial<Problem>>(t, method, `${API}${path}`, {
      ...(body && {
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }),
    });
  return {
    ...{ edge, api, call },
    async show(...names: string[]) {
      for (const name of names) {
        await rm(join(folder, 'now.jpg'), { force: true });
        await copyFile(join(projectRoot(), 'samples', name), join(folder, 'now.jpg'));
        const { status } = await api.post(t, '/api/v1/cameras/street/snapshot');
        t.is(status, 200);
      }
    },
    overview: async () => (await api.get<NotificationsResource>(t, API)).json,
    deliveries: async (query = '') =>
      (await api.get<{ deliveries: DeliveryResource[] }>(t, `${API}/deliveries${query}`)).json
        .deliveries,
  };
}

const WAY = { id: 'hook', kind: 'webhook', preset: 'json', picture: 'base64' };
const RULE = { id: 'signs', when: 'appeared', ways: ['hook'], cooldownMinutes: 0 };

test('an object that appears is told to a webhook, with its picture, camera, zone and confidence', async (t) => {
  const receiver = await startReceiver(t);
  const { edge, call, show, deliveries, overview } = await setUp(t);
  const url = `${receiver.url}/hook/secret-token-1`;
  t.is((await call('POST', '/ways', { ...WAY, url })).status, 201);
  t.is((await call('POST', '/rules', RULE)).status, 201);
  await show(EMPTY, SIGN);
  const [request] = await eventually(() => receiver.accepted.length > 0 && receiver.accepted);
  const message = JSON.parse(String(request?.body)) as NotificationMessage;
  t.like(message, {
    event: 'appeared',
    phase: 'event',
    site: 'north',
    camera: 'street',
    cameraName: 'Main street',
    label: 'stop sign',
    zones: ['All'],
    count: 1,
  });
  t.is(request?.headers['siteglass-delivery'], message.id);
  t.true((message.confidence ?? 0) > 0.5);
  t.regex(message.text, /stop sign \(\d+ %\) appeared at Main street in All/);
  const picture = Buffer.from(message.picture?.base64 ?? '', 'base64');
  t.is(picture.subarray(0, 3).toString('hex'), 'ffd8ff', 'a JPEG');
  const linked = await fetch(`${edge.url}${new URL(message.picture?.url ?? '').pathname}`);
  t.is(linked.status, 200, 'the link needs no token');
  const [delivery] = await eventually(async () => {
    const all = await deliveries();
    return all[0]?.state === 'delivered' && all;
  });
  t.like(delivery, { id: message.id, way: 'hook', rule: 'signs', attempts: 1 });
  t.like(delivery?.lastAnswer, { ok: true, text: 'HTTP 200: ok' });
  const { ways, queue } = await overview();
  t.like(queue, { waiting: 0, delivered: 1, failed: 0, dropped: 0, missed: 0 });
  t.false(JSON.stringify({ ways, delivery }).includes('secret-token-1'));
});

test('while a receiver fails messages wait; a retry by hand sends them, and what was dropped too', async (t) => {
  const receiver = await startReceiver(t);
  receiver.reply = (response) => response.writeHead(503, { 'Retry-After': '3600' }).end('busy');
  const { call, show, deliveries, overview } = await setUp(t);
  await call('POST', '/ways', { ...WAY, url: receiver.url });
  await call('POST', '/rules', RULE);
  await show(SIGN, EMPTY, SIGN);
  await eventually(async () => (await deliveries('?state=waiting')).length === 2);
  await eventually(() => receiver.requests.length === 1);
  const [way] = (await overview()).ways;
  t.like(way, { waiting: 2, failures: 1 });
  t.like(way?.lastAnswer, { ok: false });
  t.regex(way?.lastAnswer?.text ?? '', /^HTTP 503: busy/);
  const inAnHour = Date.now() + 3_500_000;
  t.true(Date.parse(way?.nextAttemptAt ?? '') > inAnHour, 'the receiver asked for an hour');
  receiver.reply = 200;
  const [first] = await deliveries();
  t.is((await call('POST', `/deliveries/${first?.id}/retry`)).status, 200);
  await eventually(async () => (await deliveries('?state=delivered')).length === 2);
  t.is((await call('DELETE', `/deliveries/${first?.id}`)).status, 200);
  t.is((await deliveries()).length, 1);
  const { json } = await call('POST', `/deliveries/${first?.id}/retry`);
  t.is(json.code, 'not_found');
});

test('a test says in words what the receiver answered, or what is wrong and what to do', async (t) => {
  const receiver = await startReceiver(t);
  const { call } = await setUp(t);
  await call('POST', '/ways', { ...WAY, url: `${receiver.url}/hook` });
  const good = await call<object>('POST', '/ways/hook/test');
  t.like(good.json, { delivered: true, answer: 'HTTP 200: ok', advice: null, withPicture: true });
  const message = JSON.parse(String(receiver.accepted[0]?.body)) as NotificationMessage;
  t.like(message, { event: 'test', phase: 'test' });
  t.truthy(message.picture?.base64, 'a picture, though no camera has sent one');
  await receiver.close();
  const bad = await call<{ answer: string; advice: string }>('POST', '/ways/hook/test');
  t.like(bad.json, { delivered: false, advice: 'Nothing listens there. Check host and port.' });
  t.is((await call('POST', '/ways/nothing/test')).json.code, 'not_found');
});

test('secrets are never returned, are kept by their marker, and never go to another receiver', async (t) => {
  const receiver = await startReceiver(t);
  const { call, api, overview } = await setUp(t);
  const secrets = {
    url: `${receiver.url}/hook/token-in-path`,
    headers: [{ name: 'Authorization', value: 'Bearer secret-in-header' }],
    signingSecret: 'secret-for-signing',
  };
  const added = await call<{ way: object }>('POST', '/ways', { ...WAY, ...secrets });
  const marked = {
    url: { set: true, shown: receiver.url },
    headers: [{ name: 'Authorization', value: { set: true } }],
    signingSecret: { set: true },
  };
  t.like(added.json.way, marked);
  t.notRegex(JSON.stringify([added.json, await overview()]), /token-in-path|secret-/);
  const kept = await call('PUT', '/ways/hook', { ...WAY, ...marked, name: 'Renamed' });
  t.is(kept.status, 200);
  await call('POST', '/ways/hook/test');
  t.is(receiver.accepted[0]?.path, '/hook/token-in-path');
  t.is(receiver.accepted[0]?.headers.authorization, 'Bearer secret-in-header');
  const moved = await call('PUT', '/ways/hook', { ...WAY, ...marked, url: 'http://192.0.2.1/' });
  t.like(moved.json, { status: 400, code: 'invalid_parameter' });
  t.regex(moved.json.detail ?? '', /enter it again/);
  const { json } = await api.get(t, '/api/v1/audit');
  t.notRegex(JSON.stringify(json), /token-in-path|secret-/);
});

test('rules and ways of the file are used and shown, and the API does not change them', async (t) => {
  const receiver = await startReceiver(t);
  const { call, show, overview } = await setUp(t, [
    `notifications.ways=[{ id: hook, kind: webhook, url: "${receiver.url}" }]`,
    'notifications.rules=[{ id: signs, when: appeared, ways: [hook], cooldownMinutes: 0 }]',
  ]);
  const { rules, ways } = await overview();
  t.like(rules[0], { id: 'signs', declaredIn: 'file' });
  t.regex(ways[0]?.readOnly ?? '', /configuration file/);
  const changed = await call('PUT', '/rules/signs', { ...RULE, enabled: false });
  t.is(changed.json.code, 'notification_read_only');
  t.is((await call('DELETE', '/ways/hook')).json.code, 'notification_read_only');
  t.is((await call('POST', '/rules', RULE)).json.code, 'conflict');
  await show(SIGN);
  await eventually(() => receiver.accepted.length === 1);
});

test('what cannot work is refused in words', async (t) => {
  const { call } = await setUp(t);
  const refused = async (path: string, body: object, detail: RegExp) => {
    const { json } = await call('POST', path, body);
    t.is(json.code, 'invalid_parameter');
    t.regex(json.detail ?? '', detail);
  };
  await refused('/rules', RULE, /there is no way yet/);
  await refused('/ways', { ...WAY, url: 'ftp://x' }, /expected http/);
  const url = 'http://192.0.2.1/';
  await refused('/ways', { ...WAY, url, body: '{{titel}}' }, /Did you mean "title"/);
  await refused('/ways', { ...WAY, url, body: '{"a":{{text}}}' }, /valid JSON/);
  await refused('/ways', { ...WAY, url, preset: 'telegram', picture: 'file' }, /recipient/);
  await refused('/ways', { ...WAY, url, preset: 'slack' }, /expected one of none, link/);
  const header = { name: 'Host', value: 'x' };
  await refused('/ways', { ...WAY, url, headers: [header] }, /Host is set by Siteglass/);
  await call('POST', '/ways', { ...WAY, url });
  await refused('/rules', { ...RULE, ways: ['hok'] }, /there is no way hok; expected some of hook/);
  await refused('/rules', { ...RULE, when: 'disk', labels: ['cat'] }, /expected appeared, left/);
});

test('a camera that is offline is told once, whatever restarts, and over MQTT as well', async (t) => {
  const receiver = await startReceiver(t);
  const dataFolder = await temporaryFolder(t);
  const camera =
    '{ id: gate, kind: http, url: "http://127.0.0.1:9/", schedule: "* * * * * *", retries: 0 }';
  const settings = [
    ...['site=north', `cameras=[${camera}]`, 'lan={ embedded: { port: 0, auth: none } }'],
    `notifications.ways=[{ id: hook, kind: webhook, url: "${receiver.url}" }, { id: lan, kind: mqtt }]`,
    'notifications.rules=[{ id: off, when: camera_offline, afterMinutes: 0, ways: [hook, lan] }]',
  ];
  const messages = () =>
    receiver.accepted.map(({ body }) => JSON.parse(String(body)) as NotificationMessage);
  const first = await startEdge(settings, { dataFolder });
  await eventually(() => messages().length === 1);
  t.like(messages()[0], { event: 'camera_offline', phase: 'problem', camera: 'gate' });
  t.regex(messages()[0]?.text ?? '', /gate is offline: /);
  await eventually(async () => {
    const { deliveries } = await first.notifications.notifications.deliveries({ limit: 10 });
    return deliveries.every(({ state }) => state === 'delivered') && deliveries.length === 2;
  });
  await first.stop();
  const second = await startEdge(settings, { dataFolder });
  t.teardown(() => second.stop());
  await eventually(() => second.cameras.statuses()[0]?.state === 'offline');
  await second.notifications.engine.run();
  await second.notifications.sender.idle();
  t.is(messages().length, 1);
});

test('a restore on another machine marks the ways whose secrets are missing', async (t) => {
  const receiver = await startReceiver(t);
  const dataFolder = await temporaryFolder(t);
  const start = () => startEdge(['cameras=[]', 'site=north'], { dataFolder });
  const clientOf = async ({ url, adminToken }: Awaited<ReturnType<typeof start>>) =>
    ApiClient.connect(url, adminToken);
  const first = await start();
  const api = await clientOf(first);
  const url = `${receiver.url}/hook/token-in-path`;
  t.is((await api.post(t, `${API}/ways`, { ...WAY, url })).status, 201);
  const backup = await api.call(t, 'POST', '/api/v1/backup');
  t.is(backup.status, 200);
  t.false(backup.bytes.includes('token-in-path'));
  await first.stop();
  await rm(join(dataFolder, 'edge.db.way-secrets'), { recursive: true });

  const second = await start();
  t.teardown(() => second.stop());
  const after = await clientOf(second);
  const wayOf = async () => (await after.get<NotificationsResource>(t, API)).json.ways[0];
  t.like(await wayOf(), { id: 'hook', url: { set: false, shown: receiver.url } });
  t.regex((await wayOf())?.problem ?? '', /^Its secret is missing: url\. .*Enter it again\.$/);
  const reasons = async () =>
    (await after.get<{ reasons: string[] }>(t, '/api/v1/site')).json.reasons.join('\n');
  t.regex(await reasons(), /notifications by hook cannot be sent: Its secret is missing/);
  const tested = await after.post<{ answer: string }>(t, `${API}/ways/hook/test`, {});
  t.regex(tested.json.answer, /secret is missing/);
  t.is((await after.put(t, `${API}/ways/hook`, { ...WAY, url })).status, 200);
  t.is((await wayOf())?.problem, null);
  t.notRegex(await reasons(), /notifications by hook/);
  await after.post(t, `${API}/ways/hook/test`, {});
  t.is(receiver.accepted[0]?.path, '/hook/token-in-path');
});
