import { createHash } from 'node:crypto';
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { detectorResourceSchema } from '../../../../core/contract/detection.js';
import { DetectorCatalog } from '../../../../core/detection/catalog/detector-catalog.js';
import type { Probe } from '../../../../core/detection/catalog/probe.js';
import { familyDefaults } from '../../../../core/detection/model-families.js';
import type { ProbeSubject } from '../../../../core/detection/protocol.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { addModel } from '../../../support/added-model.js';
import { eventually } from '../../../support/eventually.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { manifest } from '../detection-setup.js';

/** What the worker finds out about every model here. */
const tried = { family: 'yolox', width: 416, height: 416, ...familyDefaults.yolox } as const;

interface Setup {
  folder?: string;
  added?: string;
  /** Of the models; the worker refuses them if undefined. */
  classes?: number | undefined;
  manifestFile?: string;
}

/** A catalog whose worker reads models without a runtime, as it is told. */
async function startCatalog(
  t: ExecutionContext,
  { folder, added, classes, manifestFile = manifest }: Setup,
) {
  const probed: ProbeSubject[] = [];
  const answer = async (subject: ProbeSubject) => {
    probed.push(subject);
    if (subject.kind === 'cascade') return { kind: 'cascade', engine: 'siteglass' } as const;
    if (classes === undefined)
      throw new ProblemError('invalid_parameter', 'expected one input, found 2');
    const { labels: _, ...described } = subject.description;
    return { kind: 'onnx', model: { ...tried, ...described }, classes } as const;
  };
  const catalog = new DetectorCatalog({
    manifest: manifestFile,
    defaultDetectors: ['stop-sign'],
    folder,
    added,
    probe: answer as Probe,
    engines: () => ['siteglass', 'onnxruntime'],
    log: silentLogger(),
    pollMs: 50,
  });
  t.teardown(() => catalog.stop());
  await catalog.start();
  const find = (id: string) => catalog.detectors().find((detector) => detector.id === id);
  return { catalog, find, probed };
}

/** Writes a file as one that has been lying there for a minute. */
async function place(file: string, content: string | Buffer) {
  await writeFile(file, content);
  const minuteAgo = new Date(Date.now() - 60_000);
  await utimes(file, minuteAgo, minuteAgo);
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

test('a model in the folder becomes a detector, described by the YAML file beside it', async (t) => {
  const folder = await temporaryFolder(t);
  await place(join(folder, 'gate.onnx'), 'a model');
  await place(
    join(folder, 'gate.yaml'),
    `family: nanodet
input: { width: 320, height: 256 }
channels: rgb
mean: 127.5
scale: [0.01, 0.02, 0.03]
letterbox: { align: centre, fill: 0 }
labels: [lorry, fork-lift]
usualLabels: [lorry]
parameters: { minConfidence: 0.5 }
source: Trained at the gate
licence: MIT
`,
  );
  const { catalog, find, probed } = await startCatalog(t, { folder, classes: 2 });
  const gate = find('gate');
  t.like(gate, {
    ...{ kind: 'onnx', status: 'ready', origin: 'operator', engine: 'onnxruntime' },
    ...{ family: 'nanodet', input: { width: 320, height: 256 }, sha256: hashOf('a model') },
    ...{ labels: ['lorry', 'fork-lift'], usualLabels: ['lorry'], licence: 'MIT' },
    parameters: { minConfidence: 0.5, maxOverlap: 0.45, minSize: 1, maxSize: 0 },
  });
  t.is(gate?.label, undefined);
  t.deepEqual(detectorResourceSchema.parse(gate), gate);
  t.false(JSON.stringify(gate).includes(folder));
  const description = {
    ...{ family: 'nanodet', width: 320, height: 256, channels: 'rgb' },
    ...{ mean: [127.5, 127.5, 127.5], scale: [0.01, 0.02, 0.03] },
    ...{ letterbox: { align: 'centre', fill: 0 }, labels: ['lorry', 'fork-lift'] },
  };
  t.like(probed[0], { kind: 'onnx', description, model: { file: join(folder, 'gate.onnx') } });
  const [planned] = catalog.plan({ detector: ['gate'] }).detectors;
  t.like(planned, { engine: 'onnxruntime', model: { labels: ['lorry', 'fork-lift'] } });
});

test('without a description the worker reads the model, and COCO names its 80 classes', async (t) => {
  const folder = await temporaryFolder(t);
  await place(join(folder, 'street.onnx'), 'a model');
  const { find, probed } = await startCatalog(t, { folder, classes: 80 });
  t.like(probed[0], { description: {} });
  const street = find('street');
  t.is(street?.labels.length, 80);
  t.deepEqual(
    [street?.labels[0], street?.labels[11], street?.labels[79]],
    ['person', 'stop sign', 'toothbrush'],
  );
  t.deepEqual(street?.usualLabels, [
    ...['person', 'bicycle', 'car', 'motorcycle', 'bus', 'truck', 'cat', 'dog'],
  ]);
});

test('labels stand in a text file, or are numbers', async (t) => {
  const folder = await temporaryFolder(t);
  await place(join(folder, 'a.onnx'), 'a model');
  await place(join(folder, 'a.txt'), 'red light\r\n\r\n  green light\n');
  await place(join(folder, 'b.onnx'), 'a model');
  const { find } = await startCatalog(t, { folder, classes: 2 });
  t.deepEqual(find('a')?.labels, ['red light', 'green light']);
  t.deepEqual(find('b')?.labels, ['class-0', 'class-1']);
  await place(join(folder, 'b.txt'), 'cat\ndog\n');
  await eventually('the labels were read', () => find('b')?.labels[0] === 'cat');
  await rm(join(folder, 'b.txt'));
  await eventually('they went', () => find('b')?.labels[0] === 'class-0');
});

const faulty: { title: string; files: Record<string, string>; reason: RegExp }[] = [
  {
    title: 'an unknown family',
    files: { 'x.yaml': 'family: resnet\n' },
    reason: /x\.yaml cannot be used: family: /,
  },
  {
    title: 'a misspelt field',
    files: { 'x.yaml': 'lables: [a, b]\n' },
    reason: /lables: is not a known setting/,
  },
  { title: 'YAML that is none', files: { 'x.yaml': 'a: [\n' }, reason: /x\.yaml cannot be used/ },
  {
    title: 'a label too few',
    files: { 'x.yaml': 'labels: [a]\n' },
    reason: /it has 2 classes, but 1 labels are given/,
  },
  {
    title: 'the same label twice',
    files: { 'x.txt': 'a\na\n' },
    reason: /x\.txt cannot be used: labels must differ/,
  },
  {
    title: 'a usual label that is none of its labels',
    files: { 'x.yaml': 'labels: [a, b]\nusualLabels: [c]\n' },
    reason: /usualLabels: "c" is not among its labels/,
  },
  {
    title: 'an input of no size',
    files: { 'x.yaml': 'input: { width: 0, height: 416 }\n' },
    reason: /input\.width/,
  },
  {
    title: 'a description of megabytes',
    files: { 'x.txt': 'a\n'.repeat(200_000) },
    reason: /x\.txt is larger than 256 KiB/,
  },
  {
    title: 'the name of another detector',
    files: { 'yolox-nano.onnx': 'a model' },
    reason: /a detector that ships here has this name/,
  },
];

for (const { title, files, reason } of faulty)
  test(`a model with ${title} is refused, with the reason`, async (t) => {
    const folder = await temporaryFolder(t);
    await place(join(folder, 'x.onnx'), 'a model');
    for (const [name, text] of Object.entries(files)) await place(join(folder, name), text);
    const { catalog } = await startCatalog(t, { folder, classes: 2 });
    const refused = catalog.detectors().filter(({ status }) => status === 'refused');
    t.is(refused.length, 1);
    t.like(refused[0], { kind: 'onnx', origin: 'operator', labels: [] });
    t.regex(refused[0]?.reason ?? '', reason);
  });

test('what the worker says of a wrong model is the reason of its refusal', async (t) => {
  const folder = await temporaryFolder(t);
  await place(join(folder, 'x.onnx'), 'a model');
  const { find } = await startCatalog(t, { folder });
  t.like(find('x'), { status: 'refused', reason: 'expected one input, found 2' });
});

test('a cascade and a model with one name: the second is refused, until the first goes', async (t) => {
  const folder = await temporaryFolder(t);
  await place(join(folder, 'lorry.onnx'), 'a model');
  const cascade = await readFile(join(dirname(manifest), 'stop-sign.xml'));
  await place(join(folder, 'lorry.xml'), cascade);
  const { catalog } = await startCatalog(t, { folder, classes: 2 });
  const lorries = () => catalog.detectors().filter(({ id }) => id === 'lorry');
  t.deepEqual(
    lorries().map(({ kind, reason }) => [kind, reason]),
    [
      ['onnx', undefined],
      ['cascade', 'lorry.onnx has the same name'],
    ],
  );
  await rm(join(folder, 'lorry.onnx'));
  const isReady = () => lorries().length === 1 && lorries()[0]?.status === 'ready';
  await eventually('the cascade took over', isReady);
  t.is(lorries()[0]?.kind, 'cascade');
});

test('a change of the detectors is announced', async (t) => {
  const folder = await temporaryFolder(t);
  const { catalog } = await startCatalog(t, { folder, classes: 2 });
  let changes = 0;
  catalog.onChange(() => changes++);
  await place(join(folder, 'a.onnx'), 'a model');
  await eventually('it came', () => changes === 1);
  await rm(join(folder, 'a.onnx'));
  await eventually('it went', () => changes === 2);
  t.is(catalog.detectors().filter(({ origin }) => origin === 'operator').length, 0);
});

/** A manifest with one model whose file is the text `a model`. */
async function oneModel(t: ExecutionContext) {
  const manifestFile = join(await temporaryFolder(t), 'manifest.yaml');
  await writeFile(
    manifestFile,
    `detectors:
  - id: street
    kind: onnx
    url: https://example.org/street.onnx
    bytes: 7
    sha256: ${hashOf('a model')}
    family: yolov8
    input: { width: 640, height: 640 }
    labels: [person, car]
    source: Example
    licence: MIT
    parameters: { minConfidence: 0.25 }
`,
  );
  return manifestFile;
}

test('a model of the manifest is available until it is downloaded, and refused once it is damaged', async (t) => {
  const manifestFile = await oneModel(t);
  const added = await temporaryFolder(t);
  const { find } = await startCatalog(t, { manifestFile, added });
  const street = find('street');
  t.like(street, {
    ...{ kind: 'onnx', status: 'available', origin: 'download', family: 'yolov8', bytes: 7 },
    ...{ url: 'https://example.org/street.onnx', labels: ['person', 'car'] },
    parameters: { minConfidence: 0.25, maxOverlap: 0.45 },
  });
  t.is(street?.engine, undefined);
  t.deepEqual(detectorResourceSchema.parse(street), street);

  const file = await addModel(added, 'street', 'a model');
  const downloaded = await startCatalog(t, { manifestFile, added });
  t.like(downloaded.find('street'), { status: 'ready', engine: 'onnxruntime' });
  t.is(downloaded.probed.length, 0, 'the manifest vouches for it');
  const [planned] = downloaded.catalog.plan({ detector: ['street'] }).detectors;
  t.like(planned, {
    file,
    model: { family: 'yolov8', width: 640, channels: 'rgb', labels: ['person', 'car'] },
  });

  await writeFile(file, 'another');
  const damaged = await startCatalog(t, { manifestFile, added });
  t.like(damaged.find('street'), { status: 'refused' });
  t.regex(damaged.find('street')?.reason ?? '', /SHA-256 differs/);
});
