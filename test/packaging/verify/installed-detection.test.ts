import test from 'ava';
import type { InstalledResult } from '../../../packaging/verify/detect-installed.js';
import {
  describeDetection,
  expectIdentical,
} from '../../../packaging/verify/installed-detection.js';
import { SQUARE } from '../../../packaging/verify/samples.js';

const times = { queueMs: 0, decodeMs: 1.2, detectMs: 3.4 };

function detection(x: number, y: number, width: number, label = 'stop sign') {
  const box = { x, y, width, height: width };
  return { label, detector: 'any', box, confidence: 0.5, neighbors: 3, score: 1.25 };
}

function result(): InstalledResult {
  const signs = [detection(304, 205, 52), detection(690, 153, 104)];
  const state = (withOnnxRuntime: number[]) => ({ withOpenCv: [], withOnnxRuntime, megabytes: 40 });
  const square = detection(SQUARE.x, SQUARE.y, SQUARE.side, 'red');
  return {
    sqlite: '3.50.0',
    engines: ['siteglass'],
    samples: Array.from({ length: 7 }, (_, i) => ({
      image: `${i}.jpg`,
      detections: [...signs],
      times,
    })),
    windows: [
      { image: '6.jpg', detector: 'face', count: 12, digest: 'f00d' },
      { image: '6.jpg', detector: 'smile', count: 30, digest: 'cafe' },
    ],
    model: { detections: [square], times },
    worker: { first: state([]), cascades: state([]), model: state([7]) },
    processed: { bytes: 50_000, digest: 'beef' },
  };
}

test('the same results on two architectures are counted', (t) => {
  const seen = expectIdentical(result(), result());
  t.regex(seen, /^7 images, 42 windows of 2 cascades, .* are the same$/);
});

test('times and memory may differ between architectures', (t) => {
  const slow = result();
  slow.model.times = { ...times, detectMs: 4_000 };
  slow.worker.model.megabytes = 90;
  t.notThrows(() => expectIdentical(slow, result()));
});

for (const [what, change, message] of [
  ['a box that moved by a pixel', moveBox, /in 2\.jpg/],
  ['a window that one cascade alone has', addWindow, /with smile/],
  ['another score of a model', changeConfidence, /with the model/],
  ['another image with boxes', changeImage, /as the image with boxes/],
] as const)
  test(`${what} is a difference between architectures`, (t) => {
    const other = result();
    change(other);
    t.throws(() => expectIdentical(other, result()), { message });
  });

test('a library of OpenCV in a process is found', (t) => {
  const found = result();
  found.worker.cascades.withOpenCv = [7];
  t.throws(() => describeDetection(found), { message: /no process with OpenCV/ });
});

test('ONNX Runtime before the first model is found', (t) => {
  const found = result();
  found.worker.cascades.withOnnxRuntime = [7];
  t.throws(() => describeDetection(found), { message: /0 processes with ONNX Runtime/ });
});

for (const shift of [1, 2])
  test(`a form of the image may shift a box by ${shift} pixels`, (t) => {
    t.notThrows(() => describeDetection(shifted(shift)));
  });

test('a form of the image that is found elsewhere is named', (t) => {
  t.throws(() => describeDetection(shifted(3)), { message: /in 2\.jpg about .*found: \[\[307/ });
});

test('a form of the image in which a sign is missing is found', (t) => {
  const found = result();
  found.samples[1]?.detections.splice(0, 1);
  t.throws(() => describeDetection(found), { message: /two signs/ });
});

test('a description has times and memory', (t) => {
  t.regex(describeDetection(result()), /searched in 3 ms.*worker 40 MB/);
});

function shifted(by: number): InstalledResult {
  const found = result();
  const webp = found.samples[2];
  if (webp) webp.detections = [detection(304 + by, 205, 52), detection(690, 153, 104)];
  return found;
}

function moveBox({ samples }: InstalledResult) {
  const sample = samples[2];
  if (sample) sample.detections = [detection(305, 205, 52), detection(690, 153, 104)];
}

function addWindow({ windows }: InstalledResult) {
  const smile = windows[1];
  if (smile) smile.count++;
}

function changeConfidence({ model }: InstalledResult) {
  model.detections = model.detections.map((found) => ({ ...found, confidence: 0.51 }));
}

function changeImage({ processed }: InstalledResult) {
  processed.digest = 'dead';
}
