import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { scoreOf } from '../../../../bench/support/accuracy-score.js';
import { readAnnotations } from '../../../../bench/support/annotations.js';
import type { Box } from '../../../../core/contract/detection.js';
import { COCO_LABELS } from '../../../../core/detection/catalog/coco-labels.js';
import { trialFile } from '../../../support/trial-files.js';
import { agreement, startPool } from '../detection-setup.js';
import { plannedModel, planWith } from '../onnx-setup.js';

const yolox = trialFile('models', 'yolox_nano.onnx');
const yunet = trialFile('models', 'yunet_s_640.onnx');
const samples = trialFile('samples', 'boxes.json');

const withTrials = (title: string, run: (t: ExecutionContext) => Promise<void>) => {
  if (yolox && yunet && samples) test.serial(title, run);
  else
    test.serial(`${title} (skipped: no models and photographs for trials are here)`, (t) => {
      t.log('Set SITEGLASS_TRIALS to a folder with models/ and samples/.');
      t.pass();
    });
};

async function fileOf(path: string | undefined) {
  const file = path ?? '';
  const sha256 = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  return { file, sha256 };
}

withTrials('YOLOX-nano finds the stop signs, cars and people of photographs', async (t) => {
  const pool = await startPool(t);
  const file = await fileOf(yolox);
  const { model, classes } = await pool.probe({ kind: 'onnx', model: file, description: {} });
  t.is(model.family, 'yolox');
  t.is(classes, COCO_LABELS.length);
  const plan = planWith([plannedModel(file, { ...model, labels: [...COCO_LABELS] })]);
  const images = [];
  for (const image of readAnnotations(dirname(samples ?? ''))) {
    const { detections } = await pool.analyse(await readFile(image.file), plan);
    images.push({ ...image, detections });
  }
  const score = scoreOf(images, 'stop sign', 0.35, 0.5);
  t.true(score.recall >= 0.95, JSON.stringify(score));
  t.is(score.falsePositivesWithout, 0);
  const labels = images.flatMap(({ detections }) => detections.map(({ label }) => label));
  t.true(labels.filter((label) => label === 'car').length > 30);
  t.true(labels.includes('person'));
});

withTrials('YuNet finds the face of a photograph, and none where there is none', async (t) => {
  const pool = await startPool(t);
  const file = await fileOf(yunet);
  const { model, classes } = await pool.probe({ kind: 'onnx', model: file, description: {} });
  t.like(model, { family: 'yunet', width: 640, height: 640 });
  t.is(classes, 1);
  const plan = planWith([
    plannedModel(file, { ...model, labels: ['face'] }, { minConfidence: 0.6 }),
  ]);
  const photo = (...path: string[]) => readFile(join(dirname(samples ?? ''), ...path));
  t.deepEqual((await pool.analyse(await photo('seed', 'image.jpg'), plan)).detections, []);
  const { detections } = await pool.analyse(await photo('street', '6.jpg'), plan);
  t.is(detections.length, 1);
  t.true(agreement(detections[0]?.box as Box, { x: 186, y: 137, width: 31, height: 37 }) > 0.8);
});
