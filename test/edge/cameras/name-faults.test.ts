import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { checkNames } from '../../../core/detection/catalog/check-names.js';
import { knownDetectors } from '../../../core/detection/catalog/known-detectors.js';
import type { NamedDetector } from '../../../core/detection/catalog/named-detector.js';
import { parseConfiguration } from '../../../core/runtime/configuration.js';
import { nameFaults } from '../../../edge/cameras/name-faults.js';
import { edgeConfigSchema } from '../../../edge/config.js';
import { manifest } from '../../core/detection/detection-setup.js';
import { addModel } from '../../support/added-model.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const detector = (id: string, more: Partial<NamedDetector> = {}): NamedDetector => ({
  ...{ id, kind: 'cascade', status: 'ready', labels: [id] },
  ...more,
});
const known = [
  detector('stop-sign', { labels: ['stop sign'] }),
  detector('face'),
  detector('street', { kind: 'onnx', labels: ['person', 'car'] }),
  detector('far', { kind: 'onnx', status: 'available', labels: ['person'], downloadable: true }),
  detector('untried', { kind: 'onnx', labels: undefined }),
  detector('broken', { status: 'refused', reason: 'it is damaged' }),
];

const faultsOf = (yaml: string, among = known) =>
  nameFaults(parseConfiguration(edgeConfigSchema, yaml, 'test.yaml'), among).map(
    ({ path, message }) => `${path}: ${message}`,
  );
const camera = (more: string) => `cameras: [{ id: gate, kind: push, ${more} }]`;

const ZONE = 'points: [[0, 0], [1, 0], [1, 1]]';

const right = [
  'detectors: [stop-sign, street], labels: [person], minConfidence: 0.5',
  'detectors: [street], parameters: { tiles: 2x2 }',
  'detectors: [street, face], parameters: { tiles: 1, scaleFactor: 1.2 }',
  `detectors: [street], zones: [{ kind: include, ${ZONE}, labels: [car], minConfidence: 0.2 }]`,
  'detectors: [untried], labels: [whatever]',
  'labels: [stop sign], parameters: { tiles: 1 }',
  // Its name is right. The doctor reports the file.
  'detectors: [broken]',
];
for (const more of right)
  test(`nothing is wrong with the names in: ${more}`, (t) => {
    t.deepEqual(faultsOf(camera(more)), []);
  });

const wrong: [string, string][] = [
  [
    'detectors: [face, stopsign]',
    'cameras.0.detectors.1: there is no detector "stopsign". Did you mean "stop-sign"? Valid: stop-sign, face, street, far, untried, broken',
  ],
  [
    'detectors: [far]',
    'cameras.0.detectors.0: the model of "far" is not downloaded; run: siteglass-edge detector add far',
  ],
  [
    'detectors: [street], labels: [person, cars]',
    'cameras.0.labels: no chosen detector finds "cars". Did you mean "car"? Valid: person, car',
  ],
  ['labels: [person]', 'cameras.0.labels: no chosen detector finds "person". Valid: stop sign'],
  [
    `detectors: [street], zones: [{ kind: mask, ${ZONE} }, { kind: mask, ${ZONE}, labels: [lorry] }]`,
    'cameras.0.zones.1.labels: no chosen detector finds "lorry". Valid: person, car',
  ],
  [
    'detectors: [street], parameters: { scaleFactor: 1.2 }',
    'cameras.0.parameters.scaleFactor: is a parameter of cascades, and "street" is none',
  ],
  [
    'detectors: [face], parameters: { tiles: 2x2 }',
    'cameras.0.parameters.tiles: is a parameter of ONNX models, and "face" is none',
  ],
];
for (const [more, fault] of wrong)
  test(`a wrong name is reported with its path and the right ones: ${more}`, (t) => {
    t.deepEqual(faultsOf(camera(more)), [fault]);
  });

test('default detectors are checked, too, and every fault is reported', (t) => {
  t.deepEqual(
    faultsOf('detection: { defaultDetectors: [fce, far] }\ncameras: [{ id: a, kind: push }]').map(
      (line) => line.split('. ')[0],
    ),
    [
      'detection.defaultDetectors.0: there is no detector "fce"',
      'detection.defaultDetectors.1: the model of "far" is not downloaded; run: siteglass-edge detector add far',
    ],
  );
});

test('models to download must be models', (t) => {
  t.deepEqual(faultsOf('detection: { models: [fat, street, far] }'), [
    'detection.models.0: there is no model "fat" to download. Did you mean "far"? Valid: far',
    'detection.models.1: there is no model "street" to download. Valid: far',
  ]);
});

async function places(t: ExecutionContext) {
  const base = await temporaryFolder(t);
  const [folder, added] = [join(base, 'own'), join(base, 'detectors')];
  await mkdir(folder);
  await mkdir(added);
  return { manifest, folder, added };
}

test('the names of all detectors are known without trying one', async (t) => {
  const where = await places(t);
  const write = (name: string, text = '') => writeFile(join(where.folder, name), text);
  await write('lorry.xml');
  await write('gate.onnx');
  await write('gate.yaml', 'labels: [open, shut]');
  await write('yard.onnx');
  await write('Not A Name.xml');
  await write('notes.txt');
  await mkdir(join(where.folder, 'crate.xml'));
  const found = await knownDetectors(where);
  const byId = (id: string) => found.find((one) => one.id === id);
  t.like(byId('stop-sign'), { kind: 'cascade', status: 'ready', labels: ['stop sign'] });
  t.like(byId('yolox-nano'), { kind: 'onnx', status: 'available' });
  t.is(byId('yolox-nano')?.labels?.length, 80);
  t.like(byId('lorry'), { kind: 'cascade', status: 'ready', labels: ['lorry'] });
  t.like(byId('gate'), { kind: 'onnx', status: 'ready', labels: ['open', 'shut'] });
  t.like(byId('yard'), { kind: 'onnx', status: 'ready', labels: undefined });
  t.is(found.filter(({ id }) => id.toLowerCase().startsWith('not')).length, 0);
  t.is(byId('crate'), undefined, 'a folder is no file');
  await addModel(where.added, 'yolox-nano', 'a model');
  await addModel(where.added, 'fork-lift', 'a model');
  const later = await knownDetectors(where);
  t.is(later.find(({ id }) => id === 'yolox-nano')?.status, 'ready');
  t.is(later.find(({ id }) => id === 'fork-lift')?.status, 'ready');
  const awaited = await knownDetectors({ ...where, expected: ['yolox-tiny'] });
  t.is(awaited.find(({ id }) => id === 'yolox-tiny')?.status, 'ready', 'it is downloaded soon');
});

test('an operator’s folder that cannot be read is the fault, not the names in it', async (t) => {
  const { folder, ...where } = await places(t);
  await writeFile(join(folder, 'file'), '');
  const faults = await checkNames({ ...where, folder: join(folder, 'file') }, () => {
    throw new Error('the names are not known');
  });
  t.is(faults.length, 1);
  t.is(faults[0]?.path, 'detection.folder');
  t.regex(faults[0]?.message ?? '', /the names of detectors cannot be checked: ENOTDIR/);
});

test('a folder that does not exist has no detectors', async (t) => {
  const where = await places(t);
  const none = await knownDetectors({ ...where, folder: '/nowhere', added: undefined });
  t.true(none.every(({ kind, status }) => status === (kind === 'onnx' ? 'available' : 'ready')));
});
