import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { discoverySchema } from '../../../../core/contract/discovery.js';
import { decodePayload } from '../../../../core/contract/topic-payloads.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { startBroker } from '../../../support/broker.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { freePort } from '../../../support/free-port.js';
import { mosquittoSub } from '../../../support/mosquitto-sub.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const publish = promisify(execFile);
const NEVER = '0 0 0 1 1 *';
const CONFIG = 'homeassistant/device/siteglass-harbour/config';
const configOf = (camera: string) => `homeassistant/device/siteglass-harbour/${camera}/config`;

async function folderWith(...names: string[]) {
  const folder = join(await temporaryFolder(), 'street');
  await mkdir(folder, { recursive: true });
  for (const [i, name] of names.entries())
    await copyFile(join(projectRoot(), 'samples', name), join(folder, `${i}.jpg`));
  return folder;
}

const camera = (id: string, path: string) =>
  `{ id: ${id}, kind: folder, path: ${path}, loop: true, schedule: "${NEVER}" }`;

async function startHarbour(t: ExecutionContext, settings: string[], dataFolder?: string) {
  const edge = await startEdge(['site=harbour', ...settings], dataFolder ? { dataFolder } : {});
  t.teardown(edge.stop);
  return edge;
}

/** Sends a command as `mosquitto_pub` does. */
const send = (url: string, topic: string, message: string, ...args: string[]) => {
  const { hostname, port } = new URL(url);
  const to = ['-h', hostname, '-p', port, '-q', '1', '-t', topic, '-m', message];
  return publish('mosquitto_pub', [...to, ...args]);
};

test('an object that appears at a camera is an event for mosquitto_sub, and is never retained', async (t) => {
  const { url } = await startBroker(t);
  const seen = await mosquittoSub(t, url);
  const folder = await folderWith('3-sign-near.jpg');
  const edge = await startHarbour(t, [
    `lan={ url: "${url}", snapshots: true }`,
    `cameras=[${camera('street', folder)}]`,
  ]);
  await seen.sees('siteglass/harbour/availability', (text) => text === 'online');
  await edge.cameras.snapshotNow('street');
  const image = await edge.cameras.snapshotNow('street');
  const { payload } = await seen.sees('siteglass/harbour/street/event');
  const event = decodePayload('event', payload);
  if (!event.ok) return t.fail(event.reason);
  t.like(event.payload, { event_type: 'appeared', camera: 'street', label: 'stop sign' });
  t.like(event.payload, { cameraName: null, zones: [], leftAt: null });
  t.is(event.payload.lastSeenAt, event.payload.at);
  const best = await fetch(event.payload.picture ?? '');
  t.is(best.headers.get('Content-Type'), 'image/jpeg', 'its picture needs no token');
  const state = await seen.sees('siteglass/harbour/street/state', (text) =>
    text.includes(`${image}`),
  );
  t.like(JSON.parse(state.payload), { occupied: true, present: { 'stop sign': 1 }, static: {} });
  const picture = await fetch(JSON.parse(state.payload).url);
  t.is(picture.headers.get('Content-Type'), 'image/jpeg', 'its address needs no token');
  await seen.sees('siteglass/harbour/street/snapshot');

  const late = await mosquittoSub(t, url);
  await late.sees(CONFIG);
  for (const topic of [
    'availability',
    'health',
    'street/state',
    'street/report',
    'street/snapshot',
  ]) {
    const received = () => late.of(`siteglass/harbour/${topic}`);
    // The next one may come before the one that was kept.
    t.true(await eventually(topic, () => received().some(({ retained }) => retained)));
  }
  t.deepEqual(late.of('siteglass/harbour/street/event'), []);

  await edge.stop();
  await seen.sees('siteglass/harbour/street/availability', (text) => text === 'offline');
  await seen.sees('siteglass/harbour/availability', (text) => text === 'stopped');
});

test('the LAN broker and the relay broker are served independently', async (t) => {
  const relay = await startBroker(t);
  const port = await freePort();
  const [atRelay, folder] = [await mosquittoSub(t, relay.url), await folderWith('3-sign-near.jpg')];
  const edge = await startHarbour(t, [
    `mqtt={ url: "${relay.url}", settleOn: broker }`,
    `lan={ url: "mqtt://127.0.0.1:${port}" }`,
    `cameras=[${camera('street', folder)}]`,
  ]);
  await atRelay.sees('siteglass/harbour/availability', (text) => text === 'online');
  await edge.cameras.snapshotNow('street');
  await atRelay.sees('siteglass/harbour/street/state');
  t.deepEqual(atRelay.of(CONFIG), [], 'Home Assistant is not at the relay');

  const lan = await startBroker(t, { port });
  const atLan = await mosquittoSub(t, lan.url);
  await atLan.sees('siteglass/harbour/street/state');
  await atLan.sees('siteglass/harbour/street/availability', (text) => text === 'online');
  await atLan.sees(CONFIG);
  t.deepEqual(atLan.of('siteglass/harbour/up'), [], 'summaries are for the relay');
});

test('commands are executed and answered, and unknown ones are answered with an error', async (t) => {
  const { url } = await startBroker(t);
  const seen = await mosquittoSub(t, url);
  const folder = await folderWith('1-empty-street.jpg');
  const edge = await startHarbour(t, [
    `lan={ url: "${url}" }`,
    `cameras=[${camera('street', folder)}]`,
  ]);
  await seen.sees('siteglass/harbour/availability', (text) => text === 'online');
  const [topic, answers] = ['siteglass/harbour/street/command', 'siteglass/harbour/street/result'];
  const ask = async (message: string, has: string, to = topic, from = answers) => {
    await send(url, to, message);
    return JSON.parse((await seen.sees(from, (text) => text.includes(has))).payload);
  };
  t.like(await ask('pause', '"pause"'), { command: 'pause', ok: true });
  t.is(edge.cameras.status('street').state, 'paused');
  const paused = await seen.sees('siteglass/harbour/street/report', (text) =>
    text.includes('"paused":true'),
  );
  t.is(JSON.parse(paused.payload).state, 'paused');
  const taken = await ask('{"command":"snapshot","id":"k1"}', 'k1');
  t.like(taken, { command: 'snapshot', id: 'k1', ok: true });
  t.truthy(taken.snapshot);
  t.like(await ask('resume', '"resume"'), { ok: true });
  t.not(edge.cameras.status('street').state, 'paused');
  t.deepEqual(
    (await edge.access.audit.page({ limit: 10 })).map(({ action, actor, actor_kind, subject }) => [
      ...[action, actor, actor_kind, subject],
    ]),
    [
      ['camera_resumed', 'broker lan', 'mqtt', 'street'],
      ['camera_paused', 'broker lan', 'mqtt', 'street'],
    ],
  );
  t.like(await ask('explode', 'explode'), { ok: false, error: { code: 'unknown_command' } });
  t.like(await ask('{"order":1}', 'order'), { ok: false, error: { code: 'unknown_command' } });
  const attic = await ask(
    'pause',
    'pause',
    'siteglass/harbour/attic/command',
    'siteglass/harbour/attic/result',
  );
  t.like(attic, { ok: false, error: { code: 'not_found' } });
});

test('a retained command is ignored', async (t) => {
  const { url } = await startBroker(t);
  await send(url, 'siteglass/harbour/street/command', 'pause', '-r');
  const seen = await mosquittoSub(t, url);
  const folder = await folderWith('1-empty-street.jpg');
  const edge = await startHarbour(t, [
    `lan={ url: "${url}" }`,
    `cameras=[${camera('street', folder)}]`,
  ]);
  await seen.sees('siteglass/harbour/availability', (text) => text === 'online');
  await send(url, 'siteglass/harbour/street/command', 'snapshot');
  await seen.sees('siteglass/harbour/street/result');
  t.not(edge.cameras.status('street').state, 'paused');
});

test('the appliance announces itself again when Home Assistant starts', async (t) => {
  const { url } = await startBroker(t);
  const seen = await mosquittoSub(t, url);
  await startHarbour(t, [`lan={ url: "${url}" }`]);
  await seen.sees(CONFIG);
  const before = seen.of(CONFIG).length;
  await send(url, 'homeassistant/status', 'online');
  await eventually('the discovery again', () => seen.of(CONFIG).length > before);
  t.true(discoverySchema.safeParse(JSON.parse(seen.of(CONFIG).at(-1)?.payload ?? '')).success);
});

test('a removed camera leaves nothing: its components and all its retained messages are cleared', async (t) => {
  const { url } = await startBroker(t);
  const dataFolder = await temporaryFolder();
  const folder = await folderWith('3-sign-near.jpg');
  const lan = `lan={ url: "${url}" }`;
  const both = `cameras=[${camera('street', folder)}, ${camera('yard', folder)}]`;
  const before = await startHarbour(t, [lan, both], dataFolder);
  const first = await mosquittoSub(t, url);
  await first.sees(CONFIG);
  await first.sees(configOf('yard'), (text) => text.includes('yard_occupancy'));
  await eventually('a snapshot', () => before.cameras.snapshotNow('yard'));
  await first.sees('siteglass/harbour/yard/state');
  await before.stop();

  const seen = await mosquittoSub(t, url);
  const one = `cameras=[${camera('street', folder)}]`;
  await startHarbour(t, [lan, one], dataFolder);
  // Home Assistant removes the components of an empty message.
  await seen.sees(configOf('yard'), (text) => text === '');
  await seen.sees(CONFIG, (text) => !text.includes('yard'));
  await seen.sees('siteglass/harbour/yard/state', (text) => text === '');
  const after = await mosquittoSub(t, url);
  await after.sees('siteglass/harbour/street/report');
  await after.sees(CONFIG);
  const street = await after.sees(configOf('street'));
  t.true(discoverySchema.safeParse(JSON.parse(street.payload)).success);
  t.deepEqual(
    after.lines.filter(({ topic }) => topic.includes('/yard/')),
    [],
  );
});

test('the embedded broker serves the LAN with accounts: readers subscribe, operators command, others are refused', async (t) => {
  const port = await freePort();
  const url = `mqtt://127.0.0.1:${port}`;
  const folder = await folderWith('1-empty-street.jpg');
  const accounts =
    'accounts: [{ username: wall, password: w }, { username: ha, password: h, role: operator }]';
  const edge = await startHarbour(t, [
    `lan={ embedded: { port: ${port}, ${accounts} } }`,
    `cameras=[${camera('street', folder)}]`,
  ]);
  const wall = await mosquittoSub(t, url, ['-u', 'wall', '-P', 'w']);
  await wall.sees('siteglass/harbour/availability', (text) => text === 'online');
  await wall.sees(CONFIG);
  const command = 'siteglass/harbour/street/command';
  await send(url, command, 'pause', '-u', 'ha', '-P', 'h');
  await wall.sees('siteglass/harbour/street/result', (text) => text.includes('"ok":true'));
  t.is(edge.cameras.status('street').state, 'paused');

  const attempts = [
    ['wall', 'w', command],
    ['ha', 'h', 'siteglass/harbour/street/state'],
    ['ha', 'h', CONFIG],
  ] as const;
  for (const [username, password, topic] of attempts) {
    const client = await connectAsync(url, { username, password, reconnectPeriod: 0 });
    const closed = new Promise<true>((resolve) => client.once('close', () => resolve(true)));
    client.on('error', () => undefined);
    client.publish(topic, 'resume', { qos: 1 });
    t.true(await closed, `${username} may not publish ${topic}`);
  }
  const none = connectAsync(url, { reconnectPeriod: 0 }, false);
  await t.throwsAsync(none, { message: /refused/ });
  t.is(edge.cameras.status('street').state, 'paused');
});

test("Home Assistant has counts of a camera's labels, and those of labels that go are removed", async (t) => {
  const { url } = await startBroker(t);
  const seen = await mosquittoSub(t, url);
  const folder = await folderWith('1-empty-street.jpg');
  const dataFolder = await temporaryFolder(t);
  const run = async (labels: string) => {
    const more = `detectors: [stop-sign, face, cat-face]${labels}`;
    const edge = await startEdge(
      [
        'site=harbour',
        `lan={ url: "${url}" }`,
        `cameras=[{ id: street, kind: folder, path: ${folder}, loop: true, schedule: "${NEVER}", ${more} }]`,
      ],
      { dataFolder },
    );
    t.teardown(edge.stop);
    return edge;
  };
  const countsIn = (payload: string) =>
    Object.entries(discoverySchema.parse(JSON.parse(payload)).cmps)
      .filter(([id]) => id.startsWith('street_count-'))
      .map(([id, component]) => [id, 'state_topic' in component])
      .sort();
  const all = await run('');
  const { payload } = await seen.sees(configOf('street'));
  t.deepEqual(countsIn(payload), [
    ['street_count-cat-face', true],
    ['street_count-face', true],
    ['street_count-stop-sign', true],
  ]);
  await all.stop();
  await run(', labels: [face]');
  const isFewer = (text: string) => countsIn(text).some(([, isThere]) => !isThere);
  const fewer = await seen.sees(configOf('street'), isFewer);
  t.deepEqual(countsIn(fewer.payload), [
    ['street_count-cat-face', false],
    ['street_count-face', true],
    ['street_count-stop-sign', false],
  ]);
});
