import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { DetectorCatalog } from '../../../../core/detection/catalog/detector-catalog.js';
import type { Probe } from '../../../../core/detection/catalog/probe.js';
import { DetectorInstaller } from '../../../../core/detection/installer/detector-installer.js';
import { DownloadError } from '../../../../core/detection/models/download-error.js';
import { ModelFolder } from '../../../../core/detection/models/model-folder.js';
import type { ProbeSubject } from '../../../../core/detection/protocol.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { type Answer, file, startFileServer } from '../../../fakes/file-server.js';
import { noise } from '../../../support/damage.js';
import { eventually } from '../../../support/eventually.js';
import { listedSquares, manifestWith, sha256Of } from '../../../support/model-manifest.js';
import { smallDisk } from '../../../support/small-disk.js';
import { squareModel } from '../../../support/square-model.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { testWithMount } from '../../../support/test-with-mount.js';
import { startPool } from '../detection-setup.js';
import { squares } from '../onnx-setup.js';

const model = squareModel(64);
const own = squareModel(128);
const other = squareModel(96);
const junk = noise(10_000);
const SQUARES = 'family: yolov8\nlabels: [red, green, blue]\n';
const cascade = readFileSync(join(projectRoot(), 'cascades', 'stop-sign.xml'));

interface Setup {
  answers?: Answer[];
  folder?: string;
  /** A folder below the server instead of the models' own addresses. */
  mirror?: string;
  probe?: Probe;
}

/** An installer over a catalog and a pool; the manifest has `squares`, and `junk`, which is no model. */
async function setUp(t: ExecutionContext, { answers = [], folder, mirror, probe }: Setup = {}) {
  const server = await startFileServer(t, ...answers);
  const data = folder ?? (await temporaryFolder(t));
  const pool = await startPool(t);
  const manifest = await manifestWith(t, [
    listedSquares('squares', model, `${server.url}/squares_64.onnx`),
    listedSquares('junk', junk, `${server.url}/junk.onnx`),
  ]);
  const models = new ModelFolder(join(data, 'detectors'));
  const tried: Probe = probe ?? ((subject) => pool.probe(subject));
  const catalog = new DetectorCatalog({
    manifest,
    defaultDetectors: ['stop-sign'],
    added: models.folder,
    probe: tried,
    engines: () => pool.status().engines,
    log: silentLogger(),
    pollMs: 50,
  });
  t.teardown(() => catalog.stop());
  await catalog.start();
  const create = () =>
    new DetectorInstaller({
      folder: models,
      catalog,
      probe: tried,
      mirror: mirror && `${server.url}/${mirror}`,
      proxies: {},
      userAgent: 'siteglass/test',
      limits: { pauseMs: 1, attempts: 3 },
    });
  const find = (id: string) => catalog.detectors().find((one) => one.id === id);
  const signal = new AbortController().signal;
  return { server, pool, catalog, models, find, create, installer: create(), options: { signal } };
}

const given = (id: string | undefined, bytes: Buffer, description?: string) => ({
  id,
  content: Readable.from([bytes]),
  description,
});

test.serial('a model of the manifest is downloaded, tried and usable at once', async (t) => {
  const { installer, options, find, catalog, pool, server } = await setUp(t, {
    answers: [file({ content: model })],
  });
  t.like(find('squares'), { status: 'available', removable: false, bytes: model.length });
  const seen: string[] = [];
  const added = await installer.download('squares', {
    ...options,
    onProgress: () => seen.push('progress'),
    onTrial: () => seen.push('trial'),
  });
  t.deepEqual(added, { id: 'squares', bytes: model.length, outcome: 'added' });
  t.is(seen[0], 'progress');
  t.is(seen.at(-1), 'trial');
  t.is(server.requests[0]?.url, '/squares_64.onnx');
  t.like(find('squares'), {
    status: 'ready',
    removable: true,
    origin: 'download',
    licence: 'MIT',
    labels: ['red', 'green', 'blue'],
  });
  const image = await squares(64, 64, { left: 10, top: 20, width: 30, height: 20 })
    .jpeg()
    .toBuffer();
  const { detections } = await pool.analyse(image, catalog.plan({ detector: ['squares'] }));
  t.is(detections[0]?.label, 'red');
});

test.serial(
  'what is there already is not downloaded again, unless its file was damaged',
  async (t) => {
    const { installer, options, models, find, server } = await setUp(t, {
      answers: [file({ content: model })],
    });
    await installer.download('squares', options);
    t.is((await installer.download('squares', options)).outcome, 'unchanged');
    t.is(server.requests.length, 1);
    const path = (await models.find('squares'))?.path ?? '';
    await truncate(path, 100);
    await eventually('it was noticed', () => find('squares')?.status === 'refused');
    t.regex(
      find('squares')?.reason ?? '',
      /^its file has changed since it was added: its SHA-256 differs; add it again$/,
    );
    await rm(path);
    await eventually('it was noticed', () =>
      /^its file is missing; add it again$/.test(find('squares')?.reason ?? ''),
    );
    t.is((await installer.download('squares', options)).outcome, 'replaced');
    t.is(find('squares')?.status, 'ready');
  },
);

test.serial('a mirror is asked for the same file, and nobody else', async (t) => {
  for (const mirror of ['models', 'models/']) {
    const { installer, options, server, find } = await setUp(t, {
      answers: [file({ content: model })],
      mirror,
    });
    await installer.download('squares', options);
    t.deepEqual(
      server.requests.map(({ url }) => url),
      ['/models/squares_64.onnx'],
    );
    t.is(find('squares')?.status, 'ready');
  }
});

test.serial('another file than the listed one is not put in place', async (t) => {
  const changed = Buffer.from(model);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  const { installer, options, find, models } = await setUp(t, {
    answers: [file({ content: changed })],
  });
  const error = await t.throwsAsync(installer.download('squares', options), {
    instanceOf: DownloadError,
  });
  t.is(error.fault, 'hash');
  t.is(find('squares')?.status, 'available');
  t.deepEqual(await models.list(), []);
});

test.serial(
  'a model that fails its trial is not put in place, and the reason is given',
  async (t) => {
    const { installer, options, find, models } = await setUp(t, {
      answers: [file({ content: junk })],
    });
    const error = await t.throwsAsync(installer.download('junk', options), {
      instanceOf: ProblemError,
    });
    t.is(error.code, 'detector_refused');
    t.regex(error.message, /^it was not added: .{10,}/);
    t.is(find('junk')?.status, 'available');
    t.deepEqual(await models.list(), []);
  },
);

test.serial('a broken replacement leaves the former detector in use', async (t) => {
  const { installer, options, find, models } = await setUp(t);
  await installer.addFile(given('forklift', own, SQUARES), options);
  const before = find('forklift');
  t.like(before, { status: 'ready', sha256: sha256Of(own), removable: true, origin: 'operator' });
  for (const [bytes, description] of [
    [junk, SQUARES],
    [other, 'family: yolox\n'],
    [other, 'family: yolov8\nlabels: [one]\n'],
    [other, 'colour: red\n'],
    [Buffer.from('<?xml version="1.0"?><opencv_storage/>'), undefined],
    [Buffer.alloc(0), undefined],
  ] as const) {
    const error = await t.throwsAsync(
      installer.addFile(given('forklift', bytes, description), options),
      { instanceOf: ProblemError },
    );
    t.is(error.code, 'detector_refused', error.message);
  }
  t.deepEqual(find('forklift'), before);
  t.is((await models.list()).length, 1);
  const added = await installer.addFile(given('forklift', other, SQUARES), options);
  t.is(added.outcome, 'replaced');
  t.like(find('forklift'), { sha256: sha256Of(other), input: { width: 96, height: 96 } });
});

test.serial('a cascade is added as well, whatever its file is called', async (t) => {
  const { installer, options, find } = await setUp(t);
  await installer.addFile(given('lorry', cascade), options);
  t.like(find('lorry'), {
    kind: 'cascade',
    status: 'ready',
    label: 'lorry',
    bytes: cascade.length,
  });
});

test.serial('a file that the manifest lists is recognised, and needs no name', async (t) => {
  const { installer, options, find } = await setUp(t);
  const proposed = { ...given(undefined, model), proposedId: 'squares-64' };
  for (const one of [given(undefined, model), proposed, given('squares', model)])
    t.is((await installer.addFile(one, options)).id, 'squares');
  t.like(find('squares'), { status: 'ready', licence: 'MIT', removable: true });
  t.is(find('squares-64'), undefined);
  const chosen = await installer.addFile(given('mine', model, SQUARES), options);
  t.is(chosen.id, 'mine');
  t.like(find('mine'), { status: 'ready', origin: 'operator' });
  const error = await t.throwsAsync(installer.addFile(given(undefined, other), options));
  t.regex(error.message, /^name: /);
});

test.serial('names of detectors that were not added are not taken over', async (t) => {
  const { installer, options } = await setUp(t);
  for (const [name, message] of [
    ['squares', /is a model that Siteglass knows/],
    ['face', /there is a detector "face" already/],
  ] as const) {
    const error = await t.throwsAsync(installer.addFile(given(name, other, SQUARES), options), {
      instanceOf: ProblemError,
    });
    t.is(error.code, 'conflict');
    t.regex(error.message, message);
  }
  const unknown = t.throws(() => installer.downloadable('squars'), { instanceOf: ProblemError });
  t.is(unknown.code, 'unknown_detector');
  t.regex(unknown.message, /Did you mean "squares"\?/);
  t.is(
    t.throws(() => installer.downloadable('face'), { instanceOf: ProblemError }).code,
    'conflict',
  );
});

test.serial(
  'only what was added is removed; its files stay for what still reads them',
  async (t) => {
    const { installer, options, find, models } = await setUp(t);
    await installer.addFile(given('forklift', own, SQUARES), options);
    await installer.addFile(given('forklift', other, SQUARES), options);
    const { path } = (await models.find('forklift')) ?? { path: '' };
    await installer.remove('forklift', options);
    t.is(find('forklift'), undefined);
    t.true(existsSync(path));
    for (const [id, code] of [
      ['forklift', 'not_found'],
      ['face', 'detector_not_removable'],
      ['squares', 'detector_not_removable'],
    ] as const)
      t.is(
        (await t.throwsAsync(installer.remove(id, options), { instanceOf: ProblemError })).code,
        code,
      );
    const versions = join(models.folder, 'versions');
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const version of await readdir(versions))
      await utimes(join(versions, version), hourAgo, hourAgo);
    await models.tidy();
    t.deepEqual(await readdir(versions), []);
  },
);

test.serial('a reader never sees a model with the description of another', async (t) => {
  const probe = (async (subject: ProbeSubject) => ({
    kind: subject.kind,
    model: {
      family: 'yolov8',
      ...{ width: 64, height: 64, channels: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
      letterbox: { align: 'start', fill: 0 },
    },
    classes: 1,
  })) as unknown as Probe;
  const { installer, options, models } = await setUp(t, { probe });
  const versions = 40;
  let isDone = false;
  const reading = (async () => {
    let seen = 0;
    while (!isDone) {
      const found = await models.find('forklift');
      if (!found) continue;
      const text = readFileSync(found.path, 'utf8');
      const description = readFileSync(join(dirname(found.path), 'forklift.yaml'), 'utf8');
      t.is(description, `source: ${text}\nlabels: [x]\n`);
      t.is(found.sha256, sha256Of(Buffer.from(text)));
      seen++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return seen;
  })();
  for (let i = 0; i < versions; i++)
    await installer.addFile(
      given('forklift', Buffer.from(`m${i}`), `source: m${i}\nlabels: [x]\n`),
      options,
    );
  isDone = true;
  t.true((await reading) > versions);
});

test.serial('two that add the same model at once download it once', async (t) => {
  const { create, options, server, find } = await setUp(t, { answers: [file({ content: model })] });
  const waits: string[] = [];
  const onWait = () => waits.push('waited');
  const added = await Promise.all(
    [create(), create(), create()].map((one) => one.download('squares', { ...options, onWait })),
  );
  t.deepEqual(added.map(({ outcome }) => outcome).toSorted(), ['added', 'unchanged', 'unchanged']);
  t.is(server.requests.length, 1);
  t.is(waits.length, 2);
  t.is(find('squares')?.status, 'ready');
});

test.serial('who does not wait is told that the folder is in use', async (t) => {
  const { create, models, options } = await setUp(t);
  await models.locked(async () => {
    const error = await t.throwsAsync(create().addFile(given('a', own), options), {
      instanceOf: ProblemError,
    });
    t.is(error.code, 'detectors_busy');
  });
});

test.serial('a record that is damaged costs its own detector', async (t) => {
  const { installer, options, models, find } = await setUp(t);
  await installer.addFile(given('forklift', own, SQUARES), options);
  await installer.addFile(given('lorry', cascade), options);
  await writeFile(join(models.folder, 'forklift.json'), '{');
  await eventually('it was noticed', () => find('forklift') === undefined);
  t.is(find('lorry')?.status, 'ready');
  t.is((await installer.addFile(given('forklift', other, SQUARES), options)).outcome, 'added');
});

testWithMount('a file that does not fit is refused, and leaves nothing behind', async (t) => {
  const disk = await smallDisk(t, 12);
  const { installer, options, models, find } = await setUp(t, { folder: disk.folder });
  await installer.addFile(given('lorry', cascade), options);
  const large = noise(6_000_000);
  const error = await t.throwsAsync(installer.addFile(given('forklift', large), options), {
    instanceOf: DownloadError,
  });
  t.is(error.fault, 'no_space');
  disk.fill();
  const full = await t.throwsAsync(installer.addFile(given('van', cascade), options), {
    instanceOf: DownloadError,
  });
  t.is(full.fault, 'no_space');
  t.deepEqual(await readdir(models.partials), []);
  t.deepEqual(
    (await models.list()).map(({ id }) => id),
    ['lorry'],
  );
  t.is(find('lorry')?.status, 'ready');
});
