import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { NotificationMessage } from '../../../../core/contract/notification-delivery.js';
import type { SightingPage } from '../../../../core/contract/sighting.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { startReceiver } from '../../../fakes/webhook-receiver.js';
import { eventually } from '../../../support/eventually.js';
import { type RunningProgram, runProgram, urlOf } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const MINUTE_MS = 60_000;
const ROUNDS = 18;

const picture = (name: string) => readFile(join(projectRoot(), 'samples', name));

/**
 * The appliance is killed again and again, in the middle of what it does, while its receiver fails for an hour; the
 * receiver then also answers and forgets, as one that is killed itself.
 */
test('kill -9 and a receiver that fails for an hour: no message is lost, and doubles have the same id', async (t) => {
  const receiver = await startReceiver(t);
  receiver.reply = 503;
  const folder = await temporaryFolder(t);
  const [clock, data] = [join(folder, 'clock'), join(folder, 'data')];
  let passed = 0;
  const pass = async (ms: number) => {
    passed += ms;
    await writeFile(clock, String(passed));
  };
  await pass(0);
  const tracking = 'sightings: { appearAfter: 1, within: 1, leaveAfter: 1 }';
  const settings = [
    ...[`dataFolder=${data}`, 'http.port=0', 'http.auth=none', 'detection.workers=1'],
    ...['images.minFreeMegabytes=0', 'site=north'],
    `cameras=[{ id: street, kind: push, maxPerMinute: 6000, ${tracking} }]`,
    `notifications.ways=[{ id: hook, kind: webhook, url: "${receiver.url}", maxPerMinute: 600 }]`,
    'notifications.rules=[{ id: in, when: appeared, ways: [hook], cooldownMinutes: 0 }, { id: out, when: left, ways: [hook], cooldownMinutes: 0 }]',
  ];
  const fixture = join(projectRoot(), 'dist', 'test', 'fakes', 'fast-clock.js');
  const start = () =>
    runProgram(
      t,
      'edge',
      settings.flatMap((setting) => ['--set', setting]),
      { NODE_OPTIONS: `--import=${fixture}`, SITEGLASS_TEST_CLOCK: clock },
    );
  let program: RunningProgram = start();
  let url = await urlOf(program);
  const [empty, sign] = [await picture('1-empty-street.jpg'), await picture('3-sign-near.jpg')];
  for (let i = 0; i < ROUNDS; i++) {
    const push = fetch(`${url}/api/v1/cameras/street/snapshots`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg' },
      body: new Uint8Array(i % 2 === 0 ? sign : empty),
    }).then(({ status }) => status);
    if (i % 6 === 5) {
      // In the middle of a snapshot, or just after its commit.
      await new Promise((resolve) => setTimeout(resolve, 20 * i));
      await program.end('SIGKILL');
      await push.catch(() => undefined);
      program = start();
      url = await urlOf(program);
    } else t.is(await push, 200);
    await pass((60 * MINUTE_MS) / ROUNDS);
  }
  t.true(receiver.requests.length > 0);
  t.is(receiver.accepted.length, 0);

  // It takes the next message and is gone before the appliance knows.
  let isForgetful = true;
  receiver.reply = (response) => {
    response.writeHead(200);
    if (!isForgetful) response.end('ok');
  };
  const before = receiver.requests.length;
  await eventually('the next attempt', async () => {
    await pass(MINUTE_MS);
    return receiver.requests.length > before;
  });
  await program.end('SIGKILL');
  isForgetful = false;
  program = start();
  url = await urlOf(program);
  const json = async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T;
  const { sightings } = await json<SightingPage>('/api/v1/sightings?limit=100');
  const expected = sightings.flatMap(({ id, state }) =>
    state === 'left' ? [`appeared ${id}`, `left ${id}`] : [`appeared ${id}`],
  );
  t.true(expected.length >= ROUNDS / 2, `${expected.length} events`);
  const delivered = () =>
    receiver.accepted.map(({ body }) => JSON.parse(String(body)) as NotificationMessage);
  await eventually('every message', async () => {
    await pass(MINUTE_MS);
    return new Set(delivered().map(({ id }) => id)).size >= expected.length;
  });
  const byId = new Map(delivered().map((message) => [message.id, message]));
  t.deepEqual(
    [...byId.values()].map(({ event, sighting }) => `${event} ${sighting}`).sort(),
    expected.sort(),
    'each event is one message, however often it was sent',
  );
  const first = receiver.requests[before];
  const repeated = receiver.accepted.filter(
    ({ headers }) => headers['siteglass-delivery'] === first?.headers['siteglass-delivery'],
  );
  t.true(repeated.length >= 1, 'what the receiver had taken came again under its id');
});
