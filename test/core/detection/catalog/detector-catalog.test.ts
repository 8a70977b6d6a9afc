import { cp, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { detectorResourceSchema } from '../../../../core/contract/detection.js';
import { DetectorCatalog } from '../../../../core/detection/catalog/detector-catalog.js';
import type { DetectionPool } from '../../../../core/detection/pool/detection-pool.js';
import { ConfigurationError, ProblemError } from '../../../../core/runtime/errors.js';
import { type Logger, silentLogger } from '../../../../core/runtime/logger.js';
import { eventually } from '../../../support/eventually.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { manifest, startPool, workerOf } from '../detection-setup.js';
import { haarXml } from '../engine/support/cascade-xml.js';

interface Setup {
  manifestFile?: string;
  folder?: string;
  expected?: string[];
  log?: Logger;
  /** Called when a cascade is being tried. */
  onProbe?(pool: DetectionPool): void;
}

/** A catalog over a real pool. */
async function startCatalog(
  t: ExecutionContext,
  {
    manifestFile = manifest,
    folder,
    expected = [],
    log = silentLogger(),
    onProbe = () => undefined,
  }: Setup,
) {
  const pool = await startPool(t);
  const catalog = new DetectorCatalog({
    manifest: manifestFile,
    defaultDetectors: ['stop-sign'],
    folder,
    expected,
    probe: (cascade) => {
      const probed = pool.probe(cascade);
      onProbe(pool);
      return probed;
    },
    engines: () => pool.status().engines,
    log,
    pollMs: 50,
  });
  t.teardown(() => catalog.stop());
  await catalog.start();
  return { catalog, pool };
}

/** Writes a file as one that has been lying there for a minute. */
async function place(file: string, content: string | Buffer) {
  await writeFile(file, content);
  const minuteAgo = new Date(Date.now() - 60_000);
  await utimes(file, minuteAgo, minuteAgo);
}

const own = (name: string) => readFile(join(dirname(manifest), name));

const find = (catalog: DetectorCatalog, id: string) => catalog.detectors().find((d) => d.id === id);

test.serial(
  'the shipped cascades are all ready, the models can be had, and all are described as the contract says',
  async (t) => {
    const { catalog } = await startCatalog(t, {});
    const detectors = catalog.detectors();
    t.deepEqual(
      detectors.filter(({ kind, status }) => status !== (kind === 'onnx' ? 'available' : 'ready')),
      [],
    );
    t.deepEqual(
      detectors.filter((d) => d.default).map(({ id }) => id),
      ['stop-sign'],
    );
    for (const detector of detectors) t.deepEqual(detectorResourceSchema.parse(detector), detector);
    t.false(JSON.stringify(detectors).includes(dirname(manifest)));
  },
);

test.serial(
  'a cascade that differs from its manifest disables its own detector and no other',
  async (t) => {
    const folder = await temporaryFolder(t);
    await cp(dirname(manifest), folder, { recursive: true });
    await writeFile(join(folder, 'stop-sign.xml'), `${await own('stop-sign.xml')}\n`);
    await rm(join(folder, 'stop-sign-lbp.xml'));
    const { catalog } = await startCatalog(t, { manifestFile: join(folder, 'manifest.yaml') });
    t.like(find(catalog, 'stop-sign'), { status: 'refused' });
    t.regex(find(catalog, 'stop-sign')?.reason ?? '', /SHA-256 differs/);
    t.regex(find(catalog, 'stop-sign-lbp')?.reason ?? '', /cannot be read/);
    t.like(find(catalog, 'face'), { status: 'ready' });
    const error = t.throws(() => catalog.plan({}), { instanceOf: ProblemError });
    t.is(error?.code, 'unknown_detector');
    t.notThrows(() => catalog.plan({ detector: ['face'] }));
  },
);

test.serial('the mistakes of a manifest are reported together, with their place', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'manifest.yaml');
  await writeFile(file, 'detectors:\n  - id: UPPER\n    kind: cascade\n    label: x\n');
  const error = await t.throwsAsync(startCatalog(t, { manifestFile: file }), {
    instanceOf: ConfigurationError,
  });
  t.regex(error?.message ?? '', /detectors\.0\.id/);
  t.regex(error?.message ?? '', /detectors\.0\.sha256/);
});

test.serial(
  'a cascade dropped into the folder becomes a detector, which disappears with its file',
  async (t) => {
    const folder = await temporaryFolder(t);
    await place(join(folder, 'lorry.xml'), await own('stop-sign-lbp.xml'));
    const { catalog } = await startCatalog(t, { folder });
    t.like(find(catalog, 'lorry'), {
      status: 'ready',
      label: 'lorry',
      origin: 'operator',
      kind: 'cascade',
      features: 'lbp',
      window: { width: 24, height: 24 },
    });
    await place(join(folder, 'bicycle.xml'), await own('stop-sign.xml'));
    await eventually(
      'the second one was noticed',
      () => find(catalog, 'bicycle')?.status === 'ready',
    );
    t.is(catalog.plan({ detector: ['bicycle', 'lorry'] }).detectors.length, 2);
    await rm(join(folder, 'lorry.xml'));
    await eventually('the first one went', () => find(catalog, 'lorry') === undefined);
  },
);

test.serial('a cascade that arrives in pieces is loaded once it is complete', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'slow.xml');
  const content = await own('stop-sign.xml');
  await place(file, content.subarray(0, 50_000));
  const { catalog } = await startCatalog(t, { folder });
  t.like(find(catalog, 'slow'), { status: 'refused' });
  await place(file, content);
  await eventually('the whole file was read', () => find(catalog, 'slow')?.status === 'ready');
});

test.serial('a file that has just changed is left alone until it is stable', async (t) => {
  const folder = await temporaryFolder(t);
  const { catalog } = await startCatalog(t, { folder });
  const file = join(folder, 'fresh.xml');
  await writeFile(file, await own('stop-sign.xml'));
  const { mtimeMs } = await stat(file);
  await eventually('it was taken', () => find(catalog, 'fresh')?.status === 'ready');
  t.true(Date.now() - mtimeMs >= 1_000);
});

test.serial('an unusable cascade is listed with the reason and blocks nothing', async (t) => {
  const folder = await temporaryFolder(t);
  await place(join(folder, 'stop-sign.xml'), await own('stop-sign.xml'));
  await place(join(folder, 'text.xml'), 'hello');
  await place(join(folder, 'Not A Name.xml'), await own('stop-sign.xml'));
  const hollow =
    '<?xml version="1.0"?><opencv_storage><cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType><featureType>HAAR</featureType><width>24</width><height>24</height><stageNum>1</stageNum></cascade></opencv_storage>';
  await place(join(folder, 'hollow.xml'), hollow);
  const huge = join(folder, 'huge.xml');
  await writeFile(huge, '');
  await truncate(huge, 17 * 1024 * 1024);
  await utimes(huge, 1, 1);
  await place(join(folder, 'zebra.xml'), await own('stop-sign.xml'));
  const { catalog } = await startCatalog(t, { folder });
  const operators = catalog.detectors().filter(({ origin }) => origin === 'operator');
  t.deepEqual(
    operators.map(({ id, reason }) => [id, reason]),
    [
      ['hollow', 'it cannot be read (<cascade> in line 1 has no <featureParams>)'],
      ['huge', 'it is larger than 16 MiB'],
      ['stop-sign', 'a detector that ships here has this name'],
      ['text', operators.find(({ id }) => id === 'text')?.reason],
      ['zebra', undefined],
    ],
  );
  t.regex(find(catalog, 'text')?.reason ?? '', /not well-formed XML/);
  t.is(catalog.plan({}).detectors[0]?.id, 'stop-sign');
});

test.serial(
  'a cascade that crashes the process that tries it is refused, and the pool continues',
  async (t) => {
    const folder = await temporaryFolder(t);
    await place(join(folder, 'deadly.xml'), await own('stop-sign.xml'));
    const { catalog, pool } = await startCatalog(t, {
      folder,
      onProbe: (busy) => process.kill(workerOf(busy), 'SIGKILL'),
    });
    t.like(find(catalog, 'deadly'), {
      status: 'refused',
      reason: 'it ended the process that tried it',
    });
    await eventually('the worker was replaced', () => pool.status().ready === 1);
    t.is(pool.status().restarts, 1);
  },
);

test.serial(
  'a cascade whose nodes point at nothing is refused before anything is searched',
  async (t) => {
    const folder = await temporaryFolder(t);
    const text = (await own('stop-sign.xml')).toString();
    await place(
      join(folder, 'lost.xml'),
      text.replace(/<internalNodes>0 -1 \d+/, '<internalNodes>0 -1 99999999'),
    );
    const { catalog, pool } = await startCatalog(t, { folder });
    t.regex(find(catalog, 'lost')?.reason ?? '', /uses a feature that there is not/);
    t.is(pool.status().restarts, 0);
  },
);

test.serial(
  'a tree that never ends is refused with the reason, and no engine searches with it',
  async (t) => {
    const folder = await temporaryFolder(t);
    const tree = (nodes: string) => haarXml({ nodes, leaves: '-1 -2 -3' });
    await place(join(folder, 'sound.xml'), tree('1 0 0 -0.02 -1 -2 0 -0.02'));
    await place(join(folder, 'endless.xml'), tree('1 0 0 -0.02 1 -2 0 -0.02'));
    const { catalog, pool } = await startCatalog(t, { folder });
    await eventually(
      'both were tried',
      () => find(catalog, 'sound') !== undefined && find(catalog, 'endless') !== undefined,
    );
    t.is(find(catalog, 'sound')?.reason, undefined);
    t.regex(find(catalog, 'endless')?.reason ?? '', /has a cycle of nodes/);
    t.is(pool.status().restarts, 0);
  },
);

test.serial('the log has why OpenCV searches with a cascade', async (t) => {
  const folder = await temporaryFolder(t);
  const rects = ['0 0 12 12 -1.5', '0 0 6 12 3.'];
  await place(join(folder, 'broken-weights.xml'), haarXml({ rects, leaves: '-1 -2' }));
  await place(join(folder, 'zebra.xml'), await own('stop-sign.xml'));
  const lines: Record<string, unknown>[] = [];
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line)) });
  const { catalog } = await startCatalog(t, { folder, log });
  await eventually('both were tried', () => lines.length === 3);
  t.is(catalog.plan({ detector: ['broken-weights'] }).detectors[0]?.engine, 'opencv');
  t.deepEqual(
    lines.map(({ msg, detector, engine, reason }) => [msg, detector, engine ?? reason]),
    [
      ['detector added', 'broken-weights', 'opencv'],
      [
        'OpenCV searches with this cascade, which takes longer',
        'broken-weights',
        'it has weights that are not integers',
      ],
      ['detector added', 'zebra', 'siteglass'],
    ],
  );
});

test.serial('more than 64 cascades are not accepted', async (t) => {
  const folder = await temporaryFolder(t);
  for (let i = 0; i < 70; i++) await place(join(folder, `d${i}.xml`), 'hello');
  const { catalog } = await startCatalog(t, { folder });
  t.is(catalog.detectors().filter(({ origin }) => origin === 'operator').length, 64);
});

test.serial(
  'a name is right while its model is being downloaded, or its file was not tried yet',
  async (t) => {
    const folder = await temporaryFolder(t);
    const { catalog } = await startCatalog(t, { folder, expected: ['yolox-nano'] });
    await writeFile(join(folder, 'lorry.xml'), await own('stop-sign.xml'));
    const names = await catalog.names();
    const byId = (id: string) => names.filter((one) => one.id === id);
    t.like(byId('yolox-nano'), [{ status: 'ready', kind: 'onnx' }]);
    t.like(byId('yolox-tiny'), [{ status: 'available' }]);
    t.like(byId('lorry'), [{ status: 'ready', file: join(folder, 'lorry.xml') }]);
    t.is(catalog.named().find(({ id }) => id === 'yolox-nano')?.status, 'available');
  },
);
