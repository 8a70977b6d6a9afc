import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { scoreOf } from '../../../bench/support/accuracy-score.js';
import { labelOf, readAnnotations } from '../../../bench/support/annotations.js';
import type { Detection } from '../../../core/contract/detection.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const detection = (label: string, confidence: number, ...box: number[]): Detection => {
  const [x = 0, y = 0, width = 0, height = 0] = box;
  const found = { label, confidence, box: { x, y, width, height } };
  return { ...found, detector: 'model', neighbors: null, score: null };
};

const boxes = (label: string, ...list: number[][]) =>
  new Map([
    [label, list.map(([x = 0, y = 0, width = 0, height = 0]) => ({ x, y, width, height }))],
  ]);

test('each object is found once, and what finds none is false', (t) => {
  const images = [
    {
      file: 'a.jpg',
      boxes: boxes('dog', [10, 10, 20, 20], [60, 10, 20, 20]),
      detections: [
        detection('dog', 0.9, 12, 10, 20, 20),
        detection('dog', 0.8, 10, 10, 20, 20),
        detection('dog', 0.7, 70, 30, 20, 20),
        detection('cat', 0.9, 60, 10, 20, 20),
      ],
    },
    { file: 'b.jpg', boxes: boxes('dog'), detections: [detection('dog', 0.4, 0, 0, 9, 9)] },
    { file: 'c.jpg', boxes: new Map(), detections: [detection('dog', 0.9, 0, 0, 9, 9)] },
  ];
  t.like(scoreOf(images, 'dog', 0.35, 0.5), {
    images: 2,
    objects: 2,
    found: 1,
    recall: 0.5,
    falsePositives: 3,
    falsePositivesPerImage: 1.5,
    falsePositivesWithout: 1,
  });
  t.like(scoreOf(images, 'dog', 0.85, 0.5), { found: 1, falsePositives: 0 });
});

test('annotations name labels as they are, or as stopSigns', async (t) => {
  t.is(labelOf('stopSigns'), 'stop sign');
  t.is(labelOf('cars'), 'car');
  t.is(labelOf('stop sign'), 'stop sign');
  t.is(labelOf('class-3'), 'class-3');
  const folder = await temporaryFolder(t);
  for (const file of ['street/a.jpg', 'road/b.jpg']) {
    await mkdir(join(folder, file, '..'));
    await writeFile(join(folder, file), '');
  }
  await writeFile(
    join(folder, 'boxes.json'),
    JSON.stringify([
      { file: 'street/a.jpg', stopSigns: [[1, 2, 3, 4]], person: [] },
      { file: 'road/b.jpg', stopSigns: [] },
    ]),
  );
  const all = readAnnotations(folder);
  t.deepEqual(
    all.map(({ file }) => file),
    [join(folder, 'street/a.jpg'), join(folder, 'road/b.jpg')],
  );
  t.deepEqual(
    all[0]?.boxes,
    new Map([
      ['stop sign', [{ x: 1, y: 2, width: 3, height: 4 }]],
      ['person', []],
    ]),
  );
  t.deepEqual(readAnnotations(join(folder, 'street')), all.slice(0, 1));
  await rm(join(folder, 'road/b.jpg'));
  t.throws(() => readAnnotations(folder), { message: /lists .*b\.jpg, which does not exist/ });
  t.throws(() => readAnnotations(join(folder, 'absent/deeper')), { message: /has no boxes\.json/ });
  await writeFile(join(folder, 'boxes.json'), '[{"file": "a.jpg", "person": [[1, 2, 3]]}]');
  t.throws(() => readAnnotations(folder), { message: /boxes\.json cannot be used/ });
});
