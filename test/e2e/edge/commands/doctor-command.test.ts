import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { readCameraStatuses } from '../../../../edge/cameras/status-file.js';
import { startCameraServer } from '../../../edge/support/camera-server.js';
import { addModel } from '../../../support/added-model.js';
import { ApiClient } from '../../../support/api-client.js';
import { runDoctor } from '../../../support/doctor.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { runToEnd } from '../../../support/program.js';
import { startRelay } from '../../../support/relay.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const SAMPLE = join(projectRoot(), 'samples', '4-two-signs.jpg');
const PASSWORD = 'hunter2';

/** A relay with an account for the site `harbour`. */
async function relayWithSite(t: ExecutionContext) {
  const relay = await startRelay();
  t.teardown(() => relay.stop());
  const api = await ApiClient.connect(relay.url, relay.adminToken);
  const { json } = await api.post<{ password: string }>(t, '/api/v1/sites', { id: 'harbour' });
  return { relay, password: json.password };
}

const mqttOf = (url: string, password: string) =>
  `mqtt={ url: "${url}", username: harbour, password: ${password} }`;

test('before the first start the doctor reports what is missing and creates nothing', async (t) => {
  const dataFolder = join(await temporaryFolder(), 'data');
  const { of } = await runDoctor(t, 'edge', [`dataFolder=${dataFolder}`, 'http.port=0']);
  t.regex(of('program')[0] ?? '', /^ok siteglass-edge \d+\.\d+\.\d+, Node \d+/);
  t.deepEqual(of('service'), ['warning not running']);
  t.regex(of('data folder')[0] ?? '', /^ok .* the first start creates it$/);
  t.regex(of('database')[0] ?? '', /^ok .* the first start creates it$/);
  t.regex(of('detection').join(), /^ok worker ready, \d+ detectors, engines: /);
  t.deepEqual(of('cameras'), ['ok none configured']);
  t.deepEqual(of('broker'), ['ok none configured']);
  t.false(existsSync(dataFolder));
});

test('a working appliance is running, is connected, and the relay has acknowledged', async (t) => {
  const { relay, password } = await relayWithSite(t);
  const folder = await temporaryFolder();
  await copyFile(SAMPLE, join(folder, 'a.jpg'));
  const settings = [
    'site=harbour',
    mqttOf(relay.brokerUrl, password),
    `cameras=[{ id: gate, kind: folder, path: ${folder}, loop: true, schedule: "* * * * * *" }]`,
  ];
  const edge = await startEdge(settings);
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  await eventually('the relay has something', async () => {
    const { json } = await api.get<{ acknowledgedSeq: number }>(t, '/api/v1/sync');
    return json.acknowledgedSeq > 0;
  });
  const { of } = await runDoctor(t, 'edge', [
    `dataFolder=${edge.dataFolder}`,
    `http.port=${edge.http.address.port}`,
    ...settings,
  ]);
  t.deepEqual(of('service'), [`ok running at ${edge.url}`]);
  t.regex(of('data folder').join(), /^ok /);
  t.regex(of('database').join(), /^ok schema \d{4}_/);
  t.regex(of('disk').join(), /^ok .* free, images use /);
  t.regex(of('cameras').join(), /^ok gate: \d+ × \d+, image\/jpeg, in \d+ ms$/);
  t.deepEqual(of('broker'), ['ok the appliance is connected']);
  t.regex(of('relay').join(), /^ok acknowledged up to \d+ of \d+/);
});

test('a broker that rejects the credentials and one that is down are told apart', async (t) => {
  const { relay, password } = await relayWithSite(t);
  const base = [`dataFolder=${await temporaryFolder()}`, 'http.port=0', 'site=harbour'];
  const broker = async (url: string, secret: string) => {
    const diagnosis = await runDoctor(t, 'edge', [...base, mqttOf(url, secret)]);
    t.notRegex(diagnosis.output, new RegExp(secret), 'the password is not printed');
    return { code: diagnosis.code, text: diagnosis.of('broker').join() };
  };
  const good = await broker(relay.brokerUrl, password);
  t.regex(good.text, /^ok mqtt:\/\/127\.0\.0\.1:\d+ accepts harbour$/);
  const bad = await broker(relay.brokerUrl, 'not-the-password');
  t.regex(bad.text, /^failure mqtt:\/\/.* rejects the credentials of harbour$/);
  t.is(bad.code, 1);
  const absent = await broker('mqtt://127.0.0.1:1', 'not-the-password');
  t.is(absent.text, 'failure mqtt://127.0.0.1:1 does not respond (ECONNREFUSED)');
});

test('if two appliances have one site id, the doctor names the likely cause', async (t) => {
  const { relay, password } = await relayWithSite(t);
  const settings = ['site=harbour', mqttOf(relay.brokerUrl, password)];
  const edges = [await startEdge(settings), await startEdge(settings)];
  for (const edge of edges) t.teardown(() => edge.stop());
  const [edge] = edges;
  if (!edge) return t.fail();
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  await eventually('it suspects the other one', async () => {
    const { json } = await api.get<{ lastError: string | null }>(t, '/api/v1/sync');
    return json.lastError?.includes('another client may use the same site id') ?? false;
  });
  const { of } = await runDoctor(t, 'edge', [
    ...settings,
    `dataFolder=${edge.dataFolder}`,
    `http.port=${new URL(edge.url).port}`,
  ]);
  t.regex(of('broker').join(), /^warning .*same site id \(siteglass-harbour\)$/);
});

test('the doctor does not end the connection of a running appliance', async (t) => {
  const { relay, password } = await relayWithSite(t);
  const settings = ['site=harbour', mqttOf(relay.brokerUrl, password)];
  const edge = await startEdge(settings);
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const sync = async () =>
    (await api.get<{ connected: boolean; lastError: string | null }>(t, '/api/v1/sync')).json;
  await eventually('it is connected', async () => (await sync()).connected);
  // With another port the doctor cannot query the running appliance.
  const base = [`dataFolder=${edge.dataFolder}`, 'http.port=0'];
  const { of } = await runDoctor(t, 'edge', [...base, ...settings]);
  t.regex(of('broker').join(), /^warning mqtt:.* accepts no second client of harbour/);
  t.like(await sync(), { connected: true, lastError: null });
});

test('each camera is tested once, and no finding shows a password', async (t) => {
  const good = await startCameraServer(t, (_, response) => {
    response.setHeader('content-type', 'text/html').end('<html>');
  });
  const guarded = await startCameraServer(t, (_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  const folder = await temporaryFolder();
  await copyFile(SAMPLE, join(folder, 'a.jpg'));
  const auth = `auth: { username: viewer, password: ${PASSWORD} }`;
  const { of, output, code } = await runDoctor(t, 'edge', [
    `dataFolder=${await temporaryFolder()}`,
    'http.port=0',
    `cameras=[${[
      `{ id: dead, kind: http, url: "http://127.0.0.1:1/", retries: 0, ${auth} }`,
      `{ id: guarded, kind: http, url: "${guarded.url}", retries: 0, ${auth} }`,
      `{ id: html, kind: http, url: "${good.url}", retries: 0, detectors: [unheard-of] }`,
      `{ id: pass, kind: folder, path: ${folder}, afterwards: delete }`,
      `{ id: gone, kind: folder, path: /nowhere/at/all }`,
      '{ id: device, kind: device, path: /dev/video99 }',
      '{ id: push, kind: push }',
      `{ id: cred, kind: http, url: "${good.url}", auth: { username: a, password: { credential: x } } }`,
    ].join(', ')}]`,
  ]);
  t.is(code, 1);
  const [dead, refused, html, pass, gone, device, push, cred] = of('cameras');
  t.is(dead, 'failure dead: the camera is unreachable (ECONNREFUSED)');
  t.regex(refused ?? '', /^failure guarded: /);
  t.regex(
    html ?? '',
    /^failure html: the snapshot is not a supported image: Expected an image of one/,
  );
  t.regex(pass ?? '', /^ok pass: 960 × 540, image\/jpeg, in \d+ ms$/);
  t.regex(gone ?? '', /^failure gone: .*ENOENT/);
  t.regex(device ?? '', /^failure device: /);
  t.is(push, 'ok push uploads its snapshots; not tested');
  t.regex(cred ?? '', /^warning cred not tested: the credential x is available only while/);
  t.is(good.requests.length, 1);
  t.deepEqual(await readdir(folder), ['a.jpg'], 'no image is marked as processed');
  t.true(of('detection').some((found) => /^failure html: .*unheard-of/.test(found)));
  t.notRegex(output, new RegExp(PASSWORD));
});

test('the doctor accepts a picture as the service does, and reports what the running service says', async (t) => {
  const [photo, dataFolder] = [await readFile(SAMPLE), await temporaryFolder()];
  const frozen = await startCameraServer(t, (_, response) => response.end(photo));
  const half = await startCameraServer(t, (_, response) => {
    const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000400000004008000000', 'hex');
    response.end(Buffer.concat([png, Buffer.alloc(64)]));
  });
  const settings = [
    `cameras=[${[
      `{ id: frozen, kind: http, url: "${frozen.url}", schedule: "* * * * * *", maxPictureAgeSeconds: 1 }`,
      `{ id: half, kind: http, url: "${half.url}", schedule: "* * * * * *" }`,
      '{ id: push, kind: push }',
    ].join(', ')}]`,
  ];
  const edge = await startEdge(settings, { dataFolder });
  await eventually('the camera is frozen', () => edge.cameras.status('frozen').state === 'frozen');
  edge.cameras.recordRefusedUpload('push', 'The token is unknown.', true);
  const port = `http.port=${edge.http.address.port}`;
  const diagnose = () => runDoctor(t, 'edge', [`dataFolder=${dataFolder}`, port, ...settings]);
  await eventually('the states are written', () =>
    readCameraStatuses(dataFolder).push?.lastError?.includes('token'),
  );
  const [first, second, third] = (await diagnose()).of('cameras');
  t.regex(
    first ?? '',
    /^failure frozen: 960 × 540, .* ms; but the running appliance reports frozen: the camera sends the same picture/,
  );
  t.regex(second ?? '', /^failure half: the snapshot is not a supported image: /);
  t.regex(
    third ?? '',
    /^failure push uploads .* reports starting: an upload was refused: The token/,
  );
  await edge.stop();
  t.deepEqual(readCameraStatuses(dataFolder), {});
});

test('the doctor shows the sandbox of the service, whose unit may deny a part, not that of its own worker', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const edge = await startEdge([], { dataFolder });
  t.teardown(() => edge.stop());
  const file = join(dataFolder, 'worker-sandbox.json');
  const written = JSON.parse(await readFile(file, 'utf8'));
  t.true(written.seccomp);
  const missing = ['Landlock (Operation not permitted): it could read the files of this user'];
  const denied = JSON.stringify({ ...written, landlock: 0, missing });
  await writeFile(file, denied);
  const settings = [`dataFolder=${dataFolder}`, `http.port=${edge.http.address.port}`];
  const { of } = await runDoctor(t, 'edge', settings);
  t.notRegex(of('detection')[0] ?? '', /sandbox: .*Landlock/);
  t.is(of('detection')[1], `warning the sandbox of the workers lacks ${missing}`);
  t.is(await readFile(file, 'utf8'), denied, 'the report is the service’s');
  await edge.stop();
  t.false(existsSync(file));

  // Of a service that was killed.
  await writeFile(file, denied);
  const stopped = (await runDoctor(t, 'edge', settings)).of('detection');
  t.false(stopped.some((line) => line.includes('Operation not permitted')));
});

test('the doctor finds an accessible data folder, a full disk and a database of a newer version', async (t) => {
  const dataFolder = await temporaryFolder();
  const settings = [`dataFolder=${dataFolder}`, 'http.port=0'];
  const edge = await startEdge([], { dataFolder });
  await edge.stop();
  await chmod(dataFolder, 0o755);
  const sqlite = new Sqlite(join(dataFolder, 'edge.db'));
  sqlite.exec("insert into kysely_migration values ('9999_future', 'tomorrow')");
  sqlite.close();
  const { of } = await runDoctor(t, 'edge', [...settings, 'images.minFreeMegabytes=1000000']);
  t.regex(of('data folder').join(), /^warning .* is accessible to other users \(mode 755\)$/);
  t.regex(of('disk').join(), /^failure .*: the disk is full, and nothing is recorded$/);
  t.regex(of('database').join(), /^failure .*newer version \(unknown migration 9999_future\)$/);
  const roomy = await runDoctor(t, 'edge', [...settings, 'images.maxStoredGigabytes=100000']);
  t.regex(roomy.of('disk').join(), /^warning .* full before the budget is used up$/);
});

test('the doctor finds a port that another program uses before the start', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const { port } = other.address() as { port: number };
  const settings = [`dataFolder=${await temporaryFolder()}`, `http.port=${port}`];
  const { of } = await runDoctor(t, 'edge', settings);
  t.deepEqual(of('service'), [
    `failure not running, and cannot listen on 127.0.0.1:${port} (EADDRINUSE)`,
  ]);
});

test('an old backlog is a warning while the appliance is stopped, and a failure while it runs', async (t) => {
  const folder = await temporaryFolder();
  await copyFile(SAMPLE, join(folder, 'a.jpg'));
  const settings = [
    'mqtt={ url: "mqtt://127.0.0.1:1" }',
    `cameras=[{ id: gate, kind: folder, path: ${folder}, loop: true, schedule: "* * * * * *" }]`,
  ];
  const dataFolder = await temporaryFolder();
  const hourAgo = () => Date.now() - 3_600_000;
  const edge = await startEdge(settings, { dataFolder, clock: hourAgo });
  const diagnose = (port: number) =>
    runDoctor(t, 'edge', [`dataFolder=${dataFolder}`, `http.port=${port}`, ...settings]);
  await eventually('a snapshot was taken', () => edge.cameras.status('gate').taken > 0);
  const running = await diagnose(edge.http.address.port);
  t.regex(
    running.of('relay').join(),
    /^failure acknowledged up to 0 of \d+; \d+ summaries pending, the oldest for \d+ min$/,
  );
  await edge.stop();
  const stopped = await diagnose(0);
  t.regex(stopped.of('relay').join(), /^warning acknowledged up to 0 of \d+; .*\d+ min$/);
});

test('unreadable secrets are named by their settings', async (t) => {
  const credentials = await temporaryFolder();
  await writeFile(join(credentials, 'here'), PASSWORD);
  const settings = [
    `dataFolder=${await temporaryFolder()}`,
    'http.port=0',
    'mqtt={ url: "mqtt://127.0.0.1:1", password: { credential: here } }',
    'lan={ url: "mqtt://127.0.0.1:1", password: { file: /nowhere/password }, caFile: /nowhere/ca }',
  ];
  const { of, output } = await runDoctor(t, 'edge', settings, {
    CREDENTIALS_DIRECTORY: credentials,
  });
  const [lan, ca] = of('secrets');
  t.regex(lan ?? '', /^failure lan\.password: .*ENOENT.*\/nowhere\/password/);
  t.regex(ca ?? '', /^failure caFile: .*\/nowhere\/ca/);
  t.is(of('secrets').length, 2);
  t.notRegex(output, new RegExp(PASSWORD));
});

test('the text output has a line and an advice for each finding, and the totals at the end', async (t) => {
  const dataFolder = join(await temporaryFolder(), 'data');
  await mkdir(dataFolder, { mode: 0o700 });
  const args = [
    `--set=dataFolder=${dataFolder}`,
    '--set=http.port=0',
    '--set=mqtt.url=mqtt://127.0.0.1:1',
  ];
  const { code, output } = await runToEnd(t, 'edge', ['doctor', ...args]);
  t.is(code, 1);
  t.regex(output, /^ok {7}program {7}siteglass-edge /m);
  t.regex(
    output,
    /^failure {2}broker {8}mqtt:\/\/127\.0\.0\.1:1 does not respond.*\n {23}→ Check the address.*nc -vz 127\.0\.0\.1 1$/m,
  );
  t.regex(output, /\n1 failure, \d warnings?\.$/);
});

test('--json is rejected for a command without JSON output', async (t) => {
  for (const args of [['user', '--json'], ['--json']]) {
    const { code, errors } = await runToEnd(t, 'edge', args);
    t.is(code, 2);
    t.regex(errors, /--json: is not an option (of user|without a command)\n$/);
  }
});

test('the doctor finds added detectors whose file is missing or changed, and says what to do', async (t) => {
  const dataFolder = join(await temporaryFolder(), 'data');
  const added = join(dataFolder, 'detectors');
  await addModel(added, 'yunet', 'of another version');
  await rm(await addModel(added, 'gone', 'a model'));
  await writeFile(await addModel(added, 'changed', 'a model'), 'another');
  const { of, code, output } = await runDoctor(t, 'edge', [
    `dataFolder=${dataFolder}`,
    'detection.models=[yolox-nano]',
    'http.port=0',
  ]);
  t.is(code, 3);
  t.deepEqual(of('detection').slice(1).toSorted(), [
    'warning detector changed was rejected: its file has changed since it was added: its SHA-256 differs; add it again',
    'warning detector gone was rejected: its file is missing; add it again',
    'warning detector yunet was rejected: this version of Siteglass has another file for it; add it again',
    'warning model yolox-nano of detection.models is not downloaded',
  ]);
  for (const advice of ['detector add yunet', 'detector remove gone', 'detector add yolox-nano'])
    t.true(output.includes(`sudo siteglass-edge ${advice}`), advice);
});

test('the doctor finds a model of detection.models that does not exist', async (t) => {
  const dataFolder = join(await temporaryFolder(t), 'data');
  const { of, code } = await runDoctor(t, 'edge', [
    `dataFolder=${dataFolder}`,
    'detection.models=[yolox-nono]',
    'http.port=0',
  ]);
  t.is(code, 1);
  t.regex(
    of('detection')[1] ?? '',
    /^failure detection\.models\.0: there is no model "yolox-nono" to download\. Did you mean "yolox-nano"\?/,
  );
});
