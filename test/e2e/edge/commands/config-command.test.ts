import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseConfiguration } from '../../../../core/runtime/configuration.js';
import { secretPaths } from '../../../../edge/backup/secret-paths.js';
import { edgeConfigSchema } from '../../../../edge/config.js';
import { ApiClient } from '../../../support/api-client.js';
import { runProgram, runToEnd, urlOf } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const HOOK = 'https://hook.example/with/a/token';
const SECRETS = ['broker secret', 'camera of the file', 'camera of the API', HOOK];

async function site(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const dataFolder = join(folder, 'data');
  await mkdir(dataFolder);
  const file = join(folder, 'edge.yaml');
  await writeFile(join(folder, 'push-secret'), 'kept-in-its-own-file\n');
  await writeFile(
    file,
    `site: harbour
dataFolder: ${dataFolder}
http: { port: 0, auth: none }
detection: { workers: 1 }
lan: { embedded: { host: 127.0.0.1, port: 0, accounts: [{ username: home, password: ${SECRETS[0]} }] } }
cameras:
  - { id: door, kind: http, url: "http://192.0.2.1/a.jpg", auth: { username: v, password: ${SECRETS[1]} } }
  - { id: drop, kind: push, pushSecret: { file: ${join(folder, 'push-secret')} } }
`,
  );
  const program = runProgram(t, 'edge', ['--config', file]);
  const url = await urlOf(program);
  const api = await ApiClient.connect(url);
  const added = await api.post(t, '/api/v1/cameras', {
    id: 'yard',
    kind: 'http',
    url: 'http://192.0.2.2/a.jpg',
    auth: { username: 'v', password: SECRETS[2] },
    motion: { threshold: 9 },
    enabled: false,
  });
  t.is(added.status, 201);
  const way = { id: 'phone', kind: 'webhook', url: HOOK };
  t.is((await api.post(t, '/api/v1/notifications/ways', way)).status, 201);
  const rule = { id: 'people', when: 'appeared', ways: ['phone'] };
  t.is((await api.post(t, '/api/v1/notifications/rules', rule)).status, 201);
  const exported = (...flags: string[]) =>
    runToEnd(t, 'edge', ['config', 'export', '--config', file, ...flags]);
  return { folder, api, program, exported };
}

test('config export writes one YAML with the cameras of the API, and secrets by reference', async (t) => {
  const { api, exported, program } = await site(t);
  const { code, output } = await exported();
  t.is(code, 0);
  for (const secret of SECRETS) t.false(output.includes(secret), secret);
  const file = '/etc/siteglass/edge-secrets/cameras-yard-auth-password';
  t.true(output.includes(`#   ${file}\n`));
  const config = parseConfiguration(edgeConfigSchema, output, 'the export');
  t.is(config.site, 'harbour');
  t.deepEqual(
    config.cameras.map(({ id }) => id),
    ['door', 'drop', 'yard'],
  );
  t.like(config.cameras[2], { auth: { username: 'v', password: { file } }, enabled: false });
  t.like(config.cameras[2], { motion: { threshold: 9 } });
  t.is(config.notifications.rules[0]?.when, 'appeared');
  const url = { file: '/etc/siteglass/edge-secrets/notifications-ways-phone-url' };
  t.like(config.notifications.ways[0], { id: 'phone', url });
  // Only what differs from the defaults is written.
  t.notRegex(output, /timeoutSeconds|searchEvery/);
  const served = await api.get(t, '/api/v1/config/export');
  t.is(served.bytes.toString().trimEnd(), output);
  t.is(await program.end(), 0);
});

test('a new appliance starts from an export with secrets', async (t) => {
  const { folder, exported, program } = await site(t);
  const { output } = await exported('--with-secrets');
  for (const secret of [...SECRETS, 'kept-in-its-own-file'])
    t.true(output.includes(secret), secret);
  t.regex(output, /^# It contains secrets/m);
  t.is(await program.end(), 0);
  const copy = join(folder, 'copy.yaml');
  const data = join(folder, 'other');
  await writeFile(copy, output);
  const other = runProgram(t, 'edge', ['--config', copy, '--set', `dataFolder=${data}`]);
  const api = await ApiClient.connect(await urlOf(other));
  const { cameras } = (await api.get<{ cameras: { id: string }[] }>(t, '/api/v1/cameras')).json;
  t.deepEqual(
    cameras.map(({ id }) => id),
    ['door', 'drop', 'yard'],
  );
  t.is(await other.end(), 0);
});

test('config takes export alone', async (t) => {
  const { code, errors } = await runToEnd(t, 'edge', ['config', 'import']);
  t.is(code, 1);
  t.regex(errors, /use "config export"/);
});

test('every secret that the configuration can have is known to the export', (t) => {
  t.deepEqual([...secretPaths(edgeConfigSchema)].sort(), [
    'cameras.*.auth.password',
    'cameras.*.pushSecret',
    'discovery.auth.password',
    'lan.embedded.accounts.*.password',
    'lan.password',
    'mqtt.password',
    'notifications.ways.*.headers.*.value',
    'notifications.ways.*.password',
    'notifications.ways.*.signingSecret',
    'notifications.ways.*.url',
  ]);
});
