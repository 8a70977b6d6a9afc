import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { DetectionPool } from '../../../../core/detection/pool/detection-pool.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { graph, imageInput, type Node, onnxModel } from '../../../support/onnx-model.js';
import { squareModel } from '../../../support/square-model.js';
import { planFor, startPool, workerOf } from '../detection-setup.js';
import { modelFile, plannedModel, planWith, squareDescription, squares } from '../onnx-setup.js';

const picture = () =>
  squares(320, 240, { left: 50, top: 50, width: 90, height: 90 }).png().toBuffer();

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error) => {
      if (error instanceof ProblemError) return error.code;
      throw error;
    },
  );

const output = { name: 'output', shape: [1, 84, 8] };
const number = (name: string, data: number, type: 'float32' | 'int64' = 'float32') => ({
  name,
  shape: [],
  data: [data],
  type,
});

/** Repeats an operator on what it was given, `times` times; `of` is what it begins with. */
function repeating(times: number, body: Node[], result: string, of: string): Buffer {
  const scalar = (name: string, type: number) => ({ name, shape: [], type });
  const inner = graph({
    inputs: [scalar('i', 7), scalar('again', 9), { name: 'state', shape: ['n'] }],
    outputs: [scalar('again_out', 9), { name: result, shape: ['n'] }],
    nodes: [...body, { operator: 'Identity', inputs: ['again'], outputs: ['again_out'] }],
    constants: [number('tiny', 1e-9)],
  });
  return onnxModel({
    inputs: [imageInput(64)],
    outputs: [output],
    nodes: [
      { operator: 'Cast', inputs: ['yes_number'], outputs: ['yes'], attributes: { to: 9 } },
      { operator: 'Reshape', inputs: ['images', 'flat'], outputs: ['line'] },
      {
        operator: 'Loop',
        inputs: ['times', 'yes', of],
        outputs: ['end'],
        attributes: { body: { graph: inner } },
      },
      { operator: 'ReduceMean', inputs: ['end'], outputs: ['mean'], attributes: { keepdims: 0 } },
      { operator: 'Expand', inputs: ['mean', 'shape'], outputs: ['output'] },
    ],
    constants: [
      number('yes_number', 1),
      number('times', times, 'int64'),
      { name: 'flat', shape: [1], data: [-1], type: 'int64' },
      { name: 'shape', shape: [3], data: [1, 84, 8], type: 'int64' },
    ],
  });
}

const endless = () =>
  repeating(
    2 ** 53,
    [{ operator: 'Add', inputs: ['state', 'tiny'], outputs: ['next'] }],
    'next',
    'line',
  );

/** Twice as much memory in each round. */
const growing = () =>
  repeating(
    40,
    [
      {
        operator: 'Concat',
        inputs: ['state', 'state'],
        outputs: ['next'],
        attributes: { axis: 0 },
      },
    ],
    'next',
    'line',
  );

/** A tensor of sixteen gigabytes, once a session is made. */
const huge = () =>
  onnxModel({
    inputs: [imageInput(64)],
    outputs: [output],
    nodes: [
      { operator: 'Expand', inputs: ['one', 'size'], outputs: ['large'] },
      { operator: 'ReduceSum', inputs: ['large'], outputs: ['sum'], attributes: { keepdims: 0 } },
      { operator: 'Expand', inputs: ['sum', 'shape'], outputs: ['output'] },
    ],
    constants: [
      number('one', 1),
      { name: 'size', shape: [1], data: [4e9], type: 'int64' },
      { name: 'shape', shape: [3], data: [1, 84, 8], type: 'int64' },
    ],
  });

async function withModel(t: ExecutionContext, bytes: Buffer) {
  const file = await modelFile(t, bytes);
  const model = { ...squareDescription(64), family: 'yolox' as const };
  return { file, plan: planWith([plannedModel(file, model)]) };
}

/** A search with a cascade, which says that the workers are as they were. */
const searchesOn = async (pool: DetectionPool) =>
  outcome(pool.analyse(await picture(), await planFor()));

test.serial(
  'a model that does not end costs its own worker and job, at the deadline',
  async (t) => {
    const pool = await startPool(t, { workers: 2, jobDeadlineMs: 1_500 });
    const { plan, file } = await withModel(t, endless());
    const image = await picture();
    const [hung, ...others] = await Promise.all([
      outcome(pool.analyse(image, plan)),
      searchesOn(pool),
      searchesOn(pool),
    ]);
    t.is(hung, 'detection_timeout');
    t.deepEqual(others, ['ok', 'ok']);
    t.is(
      await outcome(pool.probe({ kind: 'onnx', model: file, description: {} })),
      'detection_timeout',
    );
    t.is(await searchesOn(pool), 'ok');
  },
);

for (const [what, bytes] of Object.entries({ 'grows without end': growing, 'is huge': huge }))
  test.serial(
    `a model that ${what} in memory costs its own job, and no other process`,
    async (t) => {
      const pool = await startPool(t);
      const { plan, file } = await withModel(t, bytes());
      const tried = await outcome(pool.probe({ kind: 'onnx', model: file, description: {} }));
      t.true(['invalid_parameter', 'image_crashed_decoder'].includes(tried), tried);
      const searched = await outcome(pool.analyse(await picture(), plan));
      t.true(['analysis_failed', 'image_crashed_decoder'].includes(searched), searched);
      t.is(await searchesOn(pool), 'ok');
    },
  );

test.serial('what a model took when it failed is free for the next job', async (t) => {
  const pool = await startPool(t);
  const { plan } = await withModel(t, growing());
  const image = await picture();
  const ofWorker = (file: string) => readFile(`/proc/${workerOf(pool)}/${file}`, 'utf8');
  const megabytes = async () =>
    Number(/VmData:\s+(\d+)/.exec(await ofWorker('status'))?.[1]) / 1024;
  t.is(await outcome(pool.analyse(image, await planFor())), 'ok');
  const limits = await ofWorker('limits');
  const before = await megabytes();
  for (let i = 0; i < 3; i++) {
    t.is(await outcome(pool.analyse(image, plan)), 'analysis_failed');
    t.is(await outcome(pool.analyse(image, await planFor())), 'ok');
    const after = await megabytes();
    t.true(after < before + 350, `${before} MB before, ${after} MB after`);
    t.is(await ofWorker('limits'), limits);
  }
});

test.serial('a file that ONNX Runtime does not accept is refused with its reason', async (t) => {
  const pool = await startPool(t);
  const model = await modelFile(
    t,
    onnxModel({
      inputs: [imageInput(64)],
      outputs: [output],
      nodes: [{ operator: 'NoSuchOperator', inputs: ['images'], outputs: ['output'] }],
    }),
  );
  await t.throwsAsync(pool.probe({ kind: 'onnx', model, description: {} }), {
    code: 'invalid_parameter',
    message: /^ONNX Runtime does not accept it: .*NoSuchOperator/s,
  });
  t.is(pool.status().restarts, 0);
});

test.serial('a worker loads ONNX Runtime with its first model, not before', async (t) => {
  const pool = await startPool(t);
  const isLoaded = async () =>
    /onnxruntime/.test(await readFile(`/proc/${workerOf(pool)}/maps`, 'utf8'));
  const image = await picture();
  await pool.analyse(image, await planFor());
  await pool.draw(image, []);
  t.true(pool.status().engines.includes('onnxruntime'));
  t.false(await isLoaded());
  const file = await modelFile(t, squareModel(64));
  const plan = planWith([plannedModel(file, squareDescription(64))]);
  t.is((await pool.analyse(image, plan)).detections.length, 1);
  t.true(await isLoaded());
});

test.serial('jobs that follow each other get the answers to their own', async (t) => {
  const pool = await startPool(t);
  const file = await modelFile(t, squareModel(64));
  const plan = planWith([plannedModel(file, squareDescription(64))]);
  const images = await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      squares(320, 240, { left: 20 + 30 * i, top: 50, width: 60, height: 60 })
        .png()
        .toBuffer(),
    ),
  );
  const skip = { side: 96, planFor: async () => undefined };
  const answers = await Promise.all(
    images.flatMap((image) => [
      pool.analyse(image, plan),
      pool.analyseIf(image, skip),
      pool.analyseIf(image, { side: 96, planFor: async () => plan }),
    ]),
  );
  for (const [i, answer] of answers.entries()) {
    if (i % 3 === 1) t.is(answer, undefined);
    else {
      const x = answer?.detections[0]?.box.x ?? 0;
      t.true(Math.abs(x - 20 - 30 * Math.floor(i / 3)) <= 5, `${i}: ${x}`);
    }
  }
});
