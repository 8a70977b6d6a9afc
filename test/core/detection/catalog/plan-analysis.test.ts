import test from 'ava';
import { modelDefaults, searchDefaults } from '../../../../core/contract/detection.js';
import type { UploadFields } from '../../../../core/contract/image.js';
import type { DetectorEntry } from '../../../../core/detection/catalog/detector-entry.js';
import { planAnalysis } from '../../../../core/detection/catalog/plan-analysis.js';
import type { AnalysisRequest } from '../../../../core/detection/detection.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { aReadyModel, cascadesOf, context, planFor } from '../detection-setup.js';

test('a request without parameters gets the default detector with the manifest’s parameters', async (t) => {
  const plan = await planFor();
  t.deepEqual(
    cascadesOf(plan).map(({ id, label, engine, parameters }) => ({
      id,
      label,
      engine,
      parameters,
    })),
    [
      {
        id: 'stop-sign',
        label: 'stop sign',
        engine: 'siteglass',
        parameters: { ...searchDefaults, minNeighbors: 5 },
      },
    ],
  );
  t.deepEqual(plan.preparation, { workingSize: 1280, orientations: [0] });
});

test('if the processor cannot run the project’s own engine, OpenCV serves', async (t) => {
  const { detectors } = planAnalysis({}, { ...(await context()), engines: ['opencv'] });
  t.is(detectors[0]?.engine, 'opencv');
});

test('a detector that only OpenCV searches is refused where no worker has OpenCV', async (t) => {
  const base = await context();
  const [first, ...others] = base.entries;
  const odd = { ...first, engine: 'opencv', unsupported: 'a weight is odd' } as DetectorEntry;
  const without = { ...base, entries: [odd, ...others], engines: ['siteglass' as const] };
  const request = { detector: [odd.id] };
  const error = t.throws(() => planAnalysis(request, without), { instanceOf: ProblemError });
  t.is(error?.code, 'unknown_detector');
  t.regex(error?.message ?? '', /cannot be used: only OpenCV searches it \(a weight is odd\); /);
  t.notThrows(() => planAnalysis({ detector: [others[0]?.id ?? ''] }, without));
  t.is(
    planAnalysis(request, { ...without, engines: ['opencv', 'siteglass'] }).detectors[0]?.engine,
    'opencv',
  );
});

test('if neither engine is able to search, a request is refused and nothing is planned', async (t) => {
  const none = { ...(await context()), engines: [] };
  const error = t.throws(() => planAnalysis({}, none), { instanceOf: ProblemError });
  t.is(error?.code, 'unknown_detector');
});

test('a request’s parameters override the configuration and the manifest', async (t) => {
  const configured = { ...(await context()), preparation: { workingSize: 640 } };
  t.is(planAnalysis({}, configured).preparation.workingSize, 640);
  const plan = planAnalysis(
    { workingSize: 0, scaleFactor: 1.3, minNeighbors: 0, minSize: 30, maxSize: 90 },
    configured,
  );
  t.is(plan.preparation.workingSize, 0);
  t.deepEqual(plan.detectors[0]?.parameters, {
    scaleFactor: 1.3,
    minNeighbors: 0,
    minSize: 30,
    maxSize: 90,
  });
});

test('the same work gives the same plan, however it is requested', async (t) => {
  t.deepEqual(
    await planFor({ detector: ['face', 'stop-sign', 'face'], orientations: [270, 90, 90] }),
    await planFor({ detector: ['stop-sign', 'face'], orientations: [0, 90, 270] }),
  );
});

test('rotated images are searched in addition to the image as it is', async (t) => {
  t.deepEqual((await planFor({ orientations: [180] })).preparation.orientations, [0, 180]);
});

test('an image from a rotated camera is searched upright and in no other orientation', async (t) => {
  const configured = {
    ...(await context()),
    preparation: { orientations: [0 as const, 180 as const] },
  };
  t.deepEqual(planAnalysis({ orientation: 90 }, configured).preparation.orientations, [90]);
});

const wrong: { title: string; fields: UploadFields; path: string }[] = [
  { title: 'a scale factor of 1', fields: { scaleFactor: 1 }, path: 'scaleFactor' },
  { title: 'a scale factor above 2', fields: { scaleFactor: 2.01 }, path: 'scaleFactor' },
  { title: 'a negative minNeighbors', fields: { minNeighbors: -1 }, path: 'minNeighbors' },
  { title: 'a minNeighbors above 100', fields: { minNeighbors: 101 }, path: 'minNeighbors' },
  { title: 'half a neighbor', fields: { minNeighbors: 2.5 }, path: 'minNeighbors' },
  { title: 'a minSize of 0', fields: { minSize: 0 }, path: 'minSize' },
  { title: 'a maxSize above 16384', fields: { maxSize: 16_385 }, path: 'maxSize' },
  { title: 'a maxSize below minSize', fields: { minSize: 50, maxSize: 40 }, path: 'maxSize' },
  { title: 'a maxSize below the default minSize', fields: { maxSize: 10 }, path: 'maxSize' },
  { title: 'a working size of 63', fields: { workingSize: 63 }, path: 'workingSize' },
  { title: 'a scale factor that is no number', fields: { scaleFactor: NaN }, path: 'scaleFactor' },
];

for (const { title, fields, path } of wrong)
  test(`${title} is refused, naming ${path}`, async (t) => {
    const error = await t.throwsAsync(planFor(fields), { instanceOf: ProblemError });
    t.is(error?.code, 'invalid_parameter');
    t.deepEqual(
      error?.errors?.map((e) => e.path),
      [path],
    );
  });

test('a minSize above what a detector allows is refused, naming minSize', async (t) => {
  const { entries, ...rest } = await context();
  const limited = entries.map(
    (entry): DetectorEntry =>
      entry.kind === 'cascade'
        ? { ...entry, parameters: { ...entry.parameters, maxSize: 200 } }
        : entry,
  );
  const error = t.throws(() => planAnalysis({ minSize: 300 }, { ...rest, entries: limited }), {
    instanceOf: ProblemError,
  });
  t.like(error, { code: 'invalid_parameter' });
  t.is(error?.errors?.[0]?.path, 'minSize');
});

test('every unknown detector is named', async (t) => {
  const error = await t.throwsAsync(planFor({ detector: ['stop-sign', 'unicorn', 'yeti'] }), {
    instanceOf: ProblemError,
  });
  t.is(error?.code, 'unknown_detector');
  t.deepEqual(
    error?.errors?.map(({ path, message }) => [path, message.split('.')[0]]),
    [
      ['detector', 'there is no detector "unicorn"'],
      ['detector', 'there is no detector "yeti"'],
    ],
  );
  t.regex(error?.errors?.[0]?.message ?? '', /Valid: stop-sign, stop-sign-lbp, face, /);
});

test('more than eight detectors in one request are refused', async (t) => {
  const ids = (await context()).entries
    .filter(({ kind }) => kind === 'cascade')
    .map(({ id }) => id);
  t.is((await planFor({ detector: ids.slice(0, 8) })).detectors.length, 8);
  const error = await t.throwsAsync(planFor({ detector: ids.slice(0, 9) }), {
    instanceOf: ProblemError,
  });
  t.like(error, { code: 'invalid_parameter' });
});

test('a request for a refused detector is answered with the reason', async (t) => {
  const base = await context();
  const refused = {
    id: 'broken',
    kind: 'cascade',
    label: 'broken',
    origin: 'operator',
    parameters: searchDefaults,
    status: 'refused',
    reason: 'it is not an OpenCV cascade',
  } as const;
  const error = t.throws(
    () => planAnalysis({ detector: ['broken'] }, { ...base, entries: [...base.entries, refused] }),
    { instanceOf: ProblemError },
  );
  t.is(error?.code, 'unknown_detector');
  t.regex(error?.message ?? '', /"broken" cannot be used: it is not an OpenCV cascade/);
});

test('an operator’s detector with the name of a shipped one does not replace it', async (t) => {
  const base = await context();
  const clash = {
    id: 'stop-sign',
    kind: 'cascade',
    label: 'stop-sign',
    origin: 'operator',
    parameters: searchDefaults,
    status: 'refused',
    reason: 'a detector that ships here has this name',
  } as const;
  t.deepEqual(
    planAnalysis({}, { ...base, entries: [...base.entries, clash] }),
    planAnalysis({}, base),
  );
});

/** The shipped cascades with a model of two labels. */
const mixed = async () => {
  const base = await context();
  return { ...base, entries: [...base.entries, aReadyModel()] };
};

test('a model gets its own defaults, and what a request overrides', async (t) => {
  const base = await mixed();
  const request = { detector: ['street'], workingSize: 0 };
  const plan = planAnalysis(request, base);
  t.like(plan.detectors, [{ id: 'street', engine: 'onnxruntime', parameters: modelDefaults }]);
  t.deepEqual(plan.preparation, { workingSize: 0, orientations: [0] });
  const more = {
    minConfidence: 0.6,
    minSize: 12,
    tiles: '2x3',
    label: ['person', 'car', 'person'],
  };
  const filtered = planAnalysis({ ...request, ...more }, base);
  t.like(filtered, {
    labels: ['car', 'person'],
    preparation: { tiles: '2x3' },
    detectors: [{ parameters: { minConfidence: 0.6, maxOverlap: 0.45, minSize: 12, maxSize: 0 } }],
  });
  t.is(filtered.minConfidence, undefined, 'the model has it');
});

test('a mixed choice applies each parameter to the kind that knows it', async (t) => {
  const request = {
    ...{ detector: ['street', 'stop-sign'], scaleFactor: 1.3, minNeighbors: 7 },
    ...{ tiles: '2x2', minConfidence: 0.6, minSize: 30 },
  };
  const plan = planAnalysis(request, await mixed());
  t.deepEqual(
    plan.detectors.map(({ id, parameters }) => [id, parameters]),
    [
      ['stop-sign', { scaleFactor: 1.3, minNeighbors: 7, minSize: 30, maxSize: 0 }],
      ['street', { minConfidence: 0.6, maxOverlap: 0.45, minSize: 30, maxSize: 0 }],
    ],
  );
  t.like(plan, { minConfidence: 0.6, preparation: { tiles: '2x2' } });
});

test('one tile is the whole image, and no confidence is no limit', async (t) => {
  const base = await mixed();
  const plain = planAnalysis({ detector: ['stop-sign', 'street'] }, base);
  for (const tiles of ['1', '1x1'])
    t.deepEqual(planAnalysis({ detector: ['stop-sign', 'street'], tiles }, base), plain);
  const cascade = { detector: ['stop-sign'], minConfidence: 0, tiles: '1' };
  t.deepEqual(planAnalysis(cascade, base), planAnalysis({ detector: ['stop-sign'] }, base));
  const { detectors } = planAnalysis({ detector: ['street'], minConfidence: 0 }, base);
  t.like(detectors[0]?.parameters, { minConfidence: 0.01 });
});

const misplaced: { title: string; fields: AnalysisRequest; path: string; reason: RegExp }[] = [
  {
    title: 'a scaleFactor for a model',
    fields: { detector: ['street'], scaleFactor: 1.2 },
    path: 'scaleFactor',
    reason: /is a parameter of cascades, and "street" is none/,
  },
  {
    title: 'a minNeighbors for a model',
    fields: { detector: ['street'], minNeighbors: 3 },
    path: 'minNeighbors',
    reason: /is a parameter of cascades/,
  },
  {
    title: 'tiles for cascades',
    fields: { detector: ['stop-sign', 'face'], tiles: '2x2' },
    path: 'tiles',
    reason: /is a parameter of ONNX models, and "stop-sign", "face" are none/,
  },
  {
    title: 'a label of no chosen detector',
    fields: { detector: ['street'], label: ['peson'] },
    path: 'label',
    reason: /no chosen detector finds "peson"\. Did you mean "person"\? Valid: person, car$/,
  },
];

for (const { title, fields, path, reason } of misplaced)
  test(`${title} is refused, with the reason`, async (t) => {
    const base = await mixed();
    const error = t.throws(() => planAnalysis(fields, base), { instanceOf: ProblemError });
    t.is(error?.code, 'invalid_parameter');
    t.is(error?.errors?.length, 1);
    t.is(error?.errors?.[0]?.path, path);
    t.regex(error?.errors?.[0]?.message ?? '', reason);
  });

test('a model that is not downloaded is not planned, and the error says so', async (t) => {
  const error = await t.throwsAsync(planFor({ detector: ['yolox-nano'] }), {
    instanceOf: ProblemError,
  });
  t.is(error?.code, 'unknown_detector');
  t.is(error?.message, 'detector: the model of "yolox-nano" is not downloaded');
});
