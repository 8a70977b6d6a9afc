import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DetectorResource } from '../../../core/contract/detection.js';
import type { ImageResult } from '../../../core/contract/image.js';
import type { Problem } from '../../../core/contract/problem.js';
import { requireRoom } from '../../../core/detection/installer/added-limits.js';
import { ModelFolder } from '../../../core/detection/models/model-folder.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { type Answer, file, startFileServer, status } from '../../fakes/file-server.js';
import { ApiClient } from '../../support/api-client.js';
import { noise } from '../../support/damage.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { listedSquares, manifestWith } from '../../support/model-manifest.js';
import { startRelay } from '../../support/relay.js';
import { smallDisk } from '../../support/small-disk.js';
import { squareModel } from '../../support/square-model.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testWithMount } from '../../support/test-with-mount.js';
import { squares } from '../detection/onnx-setup.js';

const DETECTORS = '/api/v1/objectdetection/detectors';
const known = squareModel(64);
const own = squareModel(96);
const SQUARES = '{"family":"yolov8","labels":["red","green","blue"]}';
const cascade = readFileSync(join(projectRoot(), 'cascades', 'stop-sign.xml'));

type Listed = { detectors: DetectorResource[] };
type One = { status: string; detector: DetectorResource; outcome?: string };

/** A server with the file of the model `squares`, and a manifest that lists it. */
async function modelServer(t: ExecutionContext, ...answers: Answer[]) {
  const server = await startFileServer(t, ...answers);
  const manifest = await manifestWith(t, [
    listedSquares('squares', known, `${server.url}/squares.onnx`),
  ]);
  return { server, manifest };
}

async function startAppliance(t: ExecutionContext, settings: string[] = [], ...answers: Answer[]) {
  const { server, manifest } = await modelServer(t, ...answers);
  const edge = await startEdge(settings, { manifest });
  t.teardown(() => edge.stop());
  return { edge, server, api: await ApiClient.connect(edge.url, edge.adminToken) };
}

const upload = (
  t: ExecutionContext,
  api: ApiClient,
  bytes: Buffer,
  fields: Record<string, string | string[]> = {},
) => api.upload<One & Problem>(t, bytes, fields, { path: DETECTORS, file: { field: 'file' } });

const get = async (t: ExecutionContext, api: ApiClient, id: string) =>
  (await api.get<One>(t, `${DETECTORS}/${id}`)).json.detector;

const redSquare = () =>
  squares(64, 64, { left: 10, top: 20, width: 30, height: 20 }).jpeg().toBuffer();

const leftovers = ({ dataFolder }: Pick<RunningEdge, 'dataFolder'>) =>
  readdir(join(dataFolder, 'detectors', 'partial')).catch(() => []);

test.serial(
  'an administrator uploads a model, which finds things at once, and removes it',
  async (t) => {
    const { api, edge } = await startAppliance(t);
    const added = await upload(t, api, own, { name: 'forklift', description: SQUARES });
    t.is(added.status, 201, JSON.stringify(added.json));
    t.is(added.headers.get('Location'), `${DETECTORS}/forklift`);
    t.is(added.json.outcome, 'added');
    t.like(added.json.detector, { id: 'forklift', kind: 'onnx', status: 'ready', removable: true });
    const found = await api.upload<ImageResult>(t, await redSquare(), { detector: 'forklift' });
    t.like(found.json, { status: 'OK', detections: [{ label: 'red', detector: 'forklift' }] });
    t.is((await api.delete(t, `${DETECTORS}/forklift`)).status, 200);
    t.is((await api.get(t, `${DETECTORS}/forklift`)).status, 404);
    const again = await api.delete<Problem>(t, `${DETECTORS}/forklift`);
    t.is(again.json.code, 'not_found');
    t.deepEqual(await leftovers(edge), []);
  },
);

test.serial('a cascade is uploaded the same way', async (t) => {
  const { api } = await startAppliance(t);
  t.is((await upload(t, api, cascade, { name: 'lorry' })).status, 201);
  t.like(await get(t, api, 'lorry'), { kind: 'cascade', label: 'lorry', status: 'ready' });
});

test.serial(
  'what cannot be used is refused with a code and the reason, and leaves nothing',
  async (t) => {
    const { api, edge } = await startAppliance(t);
    const cases: [
      bytes: Buffer,
      fields: Record<string, string | string[]>,
      code: string,
      detail: RegExp,
    ][] = [
      [noise(5_000), { name: 'junk' }, 'detector_refused', /^it was not added: /],
      [Buffer.alloc(0), { name: 'empty' }, 'detector_refused', /empty/],
      [own, { name: 'face' }, 'conflict', /there is a detector "face" already/],
      [own, {}, 'invalid_parameter', /name/],
      [own, { name: 'Not A Name' }, 'invalid_parameter', /name/],
      [own, { name: 'forklift', colour: 'red' }, 'invalid_parameter', /colour/],
      [own, { name: 'forklift', description: '{"family":"resnet"}' }, 'detector_refused', /family/],
      [
        own,
        { name: 'forklift', description: `# ${'x'.repeat(300_000)}` },
        'invalid_request',
        /large/,
      ],
    ];
    for (const [bytes, fields, code, detail] of cases) {
      const { json } = await upload(t, api, bytes, fields);
      t.is(json.code as string, code, JSON.stringify(json));
      t.regex(json.detail ?? '', detail);
    }
    const wrongField = await api.upload<Problem>(t, own, { name: 'a' }, { path: DETECTORS });
    t.is(wrongField.json.code, 'unexpected_file');
    const { json } = await api.get<Listed>(t, DETECTORS);
    t.deepEqual(
      json.detectors.filter(({ removable }) => removable),
      [],
    );
    await eventually('nothing is left', async () => (await leftovers(edge)).length === 0);
  },
);

test.serial(
  'a file that is too large is refused by its announced length, before it arrives',
  async (t) => {
    const { edge, api } = await startAppliance(t);
    const { port } = new URL(edge.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = createConnection(Number(port), '127.0.0.1', () => {
        socket.write(
          `POST ${DETECTORS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${edge.adminToken}\r\n` +
            'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 400000000\r\n\r\n--x\r\n',
        );
      });
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
    t.regex(answer, /^HTTP\/1\.1 413 /);
    t.is(
      (await upload(t, api, cascade, { name: 'lorry' })).status,
      201,
      'the next one is accepted',
    );
  },
);

test.serial(
  'an upload that is broken off leaves nothing, and the next one is accepted',
  async (t) => {
    const { edge, api } = await startAppliance(t);
    const head =
      `POST ${DETECTORS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${edge.adminToken}\r\n` +
      'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 500000\r\n\r\n' +
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a.onnx"\r\n\r\n';
    const socket = createConnection(Number(new URL(edge.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(head);
    socket.write(noise(200_000));
    await eventually('bytes arrive', async () => (await leftovers(edge)).length === 1);
    t.is((await upload(t, api, cascade, { name: 'lorry' })).json.code, 'detectors_busy');
    socket.destroy();
    await eventually('nothing is left', async () => (await leftovers(edge)).length === 0);
    // The file goes a moment before the turn of the next upload.
    await eventually('the next one is accepted', async () => {
      const { status } = await upload(t, api, cascade, { name: 'lorry' });
      return status === 201;
    });
  },
);

testWithMount(
  'an upload that fills the disk is refused, and the disk gets its space back',
  async (t) => {
    const disk = await smallDisk(t, 40);
    const { manifest } = await modelServer(t);
    const edge = await startEdge([], { manifest, dataFolder: disk.folder });
    t.teardown(() => edge.stop());
    const api = await ApiClient.connect(edge.url, edge.adminToken);
    const { status: code, json } = await upload(t, api, noise(36_000_000), { name: 'large' });
    t.is(code, 507);
    t.is(json.code, 'disk_budget_spent');
    t.regex(json.detail ?? '', /there is not enough space in .*: 34\.3 MiB more are needed/);
    t.deepEqual(await leftovers(edge), []);
    t.is((await upload(t, api, cascade, { name: 'lorry' })).status, 201);
  },
);

test.serial(
  'a model that is known is downloaded in the background, and its progress is shown',
  async (t) => {
    const { api, server } = await startAppliance(
      t,
      [],
      file({ content: known, etag: '"1"', stallAt: 1_000 }),
    );
    t.like(await get(t, api, 'squares'), { status: 'available', removable: false });
    const begun = await api.post<One>(t, DETECTORS, { name: 'squares' });
    t.is(begun.status, 202);
    t.is(begun.headers.get('Location'), `${DETECTORS}/squares`);
    t.is(begun.json.status, 'PENDING');
    await eventually('some bytes arrived', async () => {
      const { addition } = await get(t, api, 'squares');
      return addition?.state === 'downloading' && addition.bytes === 1_000;
    });
    const busy = await api.post<Problem>(t, DETECTORS, { name: 'squares' });
    t.is(busy.json.code, 'detectors_busy');
    t.is(busy.status, 409);
    t.is((await upload(t, api, cascade, { name: 'lorry' })).json.code, 'detectors_busy');
    t.is((await api.delete<Problem>(t, `${DETECTORS}/squares`)).json.code, 'detectors_busy');
    server.answers = [file({ content: known, etag: '"1"' })];
    for (const request of server.requests) request.socket.destroy();
    const ready = await eventually('it is ready', async () => {
      const detector = await get(t, api, 'squares');
      return detector.status === 'ready' && detector;
    });
    t.is(ready.addition, undefined);
    t.is(server.requests.at(-1)?.headers.range, 'bytes=1000-');
    t.is((await api.post(t, DETECTORS, { name: 'squares' })).status, 202, 'it is there already');
    await eventually(
      'it is removed',
      async () => (await api.delete(t, `${DETECTORS}/squares`)).status === 200,
    );
    t.like(await get(t, api, 'squares'), { status: 'available', removable: false });
  },
);

test.serial('a download that failed says why, and can be begun again', async (t) => {
  const { api, server } = await startAppliance(t, [], status(404));
  await api.post(t, DETECTORS, { name: 'squares' });
  const failed = await eventually('it failed', async () => {
    const { addition } = await get(t, api, 'squares');
    return addition?.state === 'failed' && addition;
  });
  t.regex(failed.reason ?? '', /the server does not have it \(status 404\)/);
  server.answers = [file({ content: known })];
  t.is((await api.post(t, DETECTORS, { name: 'squares' })).status, 202);
  await eventually('it is ready', async () => (await get(t, api, 'squares')).status === 'ready');
});

test.serial('the public learns that a download failed, but not from where', async (t) => {
  const { manifest, server } = await modelServer(t, status(404));
  const relay = await startRelay(['detection.models=[squares]'], { manifest });
  t.teardown(() => relay.stop());
  const anybody = await ApiClient.connect(relay.url);
  const addition = await eventually('it failed', async () => {
    const found = await get(t, anybody, 'squares');
    return found.addition?.state === 'failed' && found.addition;
  });
  t.is(addition.reason, 'the log has the reason');
  const { bytes } = await anybody.get(t, DETECTORS);
  const listed = bytes.toString();
  t.true(listed.includes('the log has the reason'));
  t.false(listed.includes(`127.0.0.1:${server.port} `));
  t.false(listed.includes('404'));
});

test.serial('names that cannot be downloaded or removed are refused', async (t) => {
  const { api } = await startAppliance(t);
  const unknown = await api.post<Problem>(t, DETECTORS, { name: 'squarez' });
  t.is(unknown.status, 400);
  t.is(unknown.json.code, 'unknown_detector');
  t.regex(unknown.json.detail ?? '', /Did you mean "squares"\?/);
  t.is((await api.post<Problem>(t, DETECTORS, { name: 'face' })).json.code, 'conflict');
  t.is((await api.post<Problem>(t, DETECTORS, { id: 'face' })).json.code, 'invalid_parameter');
  for (const id of ['face', 'squares'])
    t.is(
      (await api.delete<Problem>(t, `${DETECTORS}/${id}`)).json.code,
      'detector_not_removable',
      id,
    );
  const text = await api.call<Problem>(t, 'POST', DETECTORS, { body: 'squares' });
  t.is(text.json.code, 'unsupported_request_type');
});

test.serial('only an administrator adds and removes, on both programs', async (t) => {
  const { edge } = await startAppliance(t);
  const { manifest } = await modelServer(t);
  const relay = await startRelay([], { manifest });
  t.teardown(() => relay.stop());
  for (const program of [edge, relay]) {
    const secret = await program.tokens.create('someone', 'operator');
    for (const [token, expected] of [
      [undefined, 401],
      [secret, 403],
    ] as const) {
      const api = await ApiClient.connect(program.url, token);
      t.is((await upload(t, api, cascade, { name: 'lorry' })).status, expected);
      t.is((await api.post(t, DETECTORS, { name: 'squares' })).status, expected);
      t.is((await api.delete(t, `${DETECTORS}/face`)).status, expected);
    }
    t.false(existsSync(join(program.dataFolder, 'detectors')), 'nothing was written');
  }
  const anybody = await ApiClient.connect(relay.url);
  t.like(await get(t, anybody, 'squares'), { status: 'available' });
  const admin = await ApiClient.connect(relay.url, relay.adminToken);
  t.is((await upload(t, admin, cascade, { name: 'lorry' })).status, 201);
  t.is((await get(t, anybody, 'lorry')).status, 'ready');
});

test.serial(
  'models in the configuration are downloaded after the start, which does not wait',
  async (t) => {
    const settings = ['detection.models=[squares]', 'detection.defaultDetectors=[squares]'];
    const { manifest, server } = await modelServer(
      t,
      file({ content: known, etag: '"1"', stallAt: 500 }),
    );
    const relay = await startRelay(settings, { manifest });
    t.teardown(() => relay.stop());
    const api = await ApiClient.connect(relay.url);
    t.is((await api.get(t, '/readyz')).status, 200);
    await eventually('it is being downloaded', async () => {
      const { status: state, addition } = await get(t, api, 'squares');
      return state === 'available' && addition?.state === 'downloading';
    });
    const early = await api.upload<Problem>(t, await redSquare());
    t.is(early.json.code, 'unknown_detector');
    t.is((await api.upload(t, await redSquare(), { detector: 'stop-sign' })).status, 200);
    server.answers = [file({ content: known, etag: '"1"' })];
    for (const request of server.requests) request.socket.destroy();
    await eventually('it is ready', async () => (await get(t, api, 'squares')).status === 'ready');
    const found = await api.upload<ImageResult>(t, await redSquare());
    t.like(found.json, { status: 'OK', detections: [{ label: 'red', detector: 'squares' }] });
  },
);

test.serial(
  'a program that is stopped during a download stops at once and goes on later',
  async (t) => {
    const { manifest, server } = await modelServer(
      t,
      file({ content: known, etag: '"1"', stallAt: 2_000 }),
    );
    const settings = ['detection.models=[squares]'];
    const dataFolder = join(await temporaryFolder(t), 'edge');
    const first = await startEdge(settings, { manifest, dataFolder });
    const api = await ApiClient.connect(first.url, first.adminToken);
    await eventually('some bytes arrived', async () => {
      const { addition } = await get(t, api, 'squares');
      return addition?.bytes === 2_000;
    });
    const startedAt = performance.now();
    await first.stop();
    t.true(performance.now() - startedAt < 8_000);
    server.answers = [file({ content: known, etag: '"1"' })];
    const second = await startEdge(settings, { manifest, dataFolder });
    t.teardown(() => second.stop());
    const later = await ApiClient.connect(second.url, second.adminToken);
    await eventually(
      'it is ready',
      async () => (await get(t, later, 'squares')).status === 'ready',
    );
    t.is(server.requests.at(-1)?.headers.range, 'bytes=2000-');
  },
);

test.serial(
  'what is set on a detector that was added is in effect at once, after a restart, and until it is set back',
  async (t) => {
    const { manifest } = await modelServer(t);
    const dataFolder = await temporaryFolder(t);
    const start = () => startEdge([], { manifest, dataFolder });
    const first = await start();
    const api = await ApiClient.connect(first.url, first.adminToken);
    await upload(t, api, own, { name: 'forklift', description: SQUARES });
    const set = (settings: object, id = 'forklift') =>
      api.put<One & Problem>(t, `${DETECTORS}/${id}`, settings);
    const settings = {
      title: 'Yard',
      labels: ['rot', 'grün', 'blau'],
      usualLabels: ['rot'],
      parameters: { minConfidence: 0.5, minSize: 8 },
    };
    const changed = await set(settings);
    t.is(changed.status, 200, JSON.stringify(changed.json));
    t.like(changed.json.detector, { ...settings, settings, status: 'ready' });
    t.like(changed.json.detector.parameters, { minConfidence: 0.5, maxOverlap: 0.45, minSize: 8 });
    const labels = async (client: ApiClient) => {
      const { json } = await client.upload<ImageResult>(t, await redSquare(), {
        detector: 'forklift',
      });
      return 'detections' in json ? json.detections.map(({ label }) => label) : json;
    };
    t.deepEqual(await labels(api), ['rot']);

    const refused = async (given: object, code: string, detail: RegExp, id?: string) => {
      const { json } = await set(given, id);
      t.is(json.code as string, code, JSON.stringify(json));
      t.regex(json.detail ?? '', detail);
    };
    await refused({ labels: ['a', 'b'] }, 'invalid_parameter', /labels: expected 3/);
    await refused({ usualLabels: ['red'] }, 'invalid_parameter', /does not find red/);
    await refused(
      { parameters: { minNeighbors: 3 } },
      'invalid_parameter',
      /minNeighbors: is no parameter of a model; expected minConfidence/,
    );
    await refused(
      { parameters: { minSize: 50, maxSize: 20 } },
      'invalid_parameter',
      /maxSize: expected at least minSize/,
    );
    await refused({ title: 'a', file: 'b' }, 'invalid_parameter', /file/);
    await refused({ title: 'x' }, 'detector_not_removable', /comes with Siteglass/, 'face');
    await refused({ title: 'x' }, 'detector_not_removable', /not downloaded/, 'squares');
    await refused(
      { title: 'x' },
      'not_found',
      /there is no detector "forklifts".*"forklift"/,
      'forklifts',
    );
    await first.stop();

    const second = await start();
    t.teardown(() => second.stop());
    const after = await ApiClient.connect(second.url, second.adminToken);
    t.deepEqual(await labels(after), ['rot']);
    t.is((await after.put(t, `${DETECTORS}/forklift`, {})).status, 200);
    t.like(await get(t, after, 'forklift'), { labels: ['red', 'green', 'blue'], title: undefined });
    t.deepEqual(await labels(after), ['red']);
  },
);

test.serial('a cascade gets another label and other parameters', async (t) => {
  const { api } = await startAppliance(t);
  await upload(t, api, cascade, { name: 'lorry' });
  const settings = { labels: ['truck'], parameters: { minNeighbors: 5 } };
  t.is((await api.put(t, `${DETECTORS}/lorry`, settings)).status, 200);
  t.like(await get(t, api, 'lorry'), { label: 'truck', labels: ['truck'], status: 'ready' });
  const model = await api.put<Problem>(t, `${DETECTORS}/lorry`, { usualLabels: ['truck'] });
  t.regex(model.json.detail ?? '', /a cascade has one label/);
});

test.serial('detectors are added up to a number and a size in all', async (t) => {
  const folder = new ModelFolder(await temporaryFolder(t));
  for (const id of ['one', 'two']) {
    const staged = await folder.stage(id);
    await staged.write('xml', 'x'.repeat(100));
    await folder.publish(staged, { file: `${id}.xml`, sha256: '0'.repeat(64), bytes: 100 });
  }
  const room = (id: string, bytes: number) =>
    requireRoom(folder, { id, bytes }, { count: 2, bytes: 250 });
  const beyond = { code: 'disk_budget_spent', status: 507 };
  t.like(await t.throwsAsync(room('three', 1)), beyond);
  await t.notThrowsAsync(room('two', 150), 'one that is replaced makes room');
  t.like(await t.throwsAsync(room('two', 151)), beyond);
});
