import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { snapshots } from '../../../../bench/support/scenes.js';
import { SiteglassSearch } from '../../../../core/detection/engine/siteglass-search.js';
import { ClassifierCache } from '../../../../core/detection/worker/classifier-cache.js';
import { GreyImage } from '../../../../core/detection/worker/grey-image.js';
import { loadOpenCv } from '../../../../core/detection/worker/opencv.js';
import { OpenCvSearch } from '../../../../core/detection/worker/opencv-search.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';

const cascadeFile = (name: string) => {
  const file = join(projectRoot(), 'cascades', `${name}.xml`);
  return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
};

const parameters = { scaleFactor: 1.1, minNeighbors: 3, minSize: 20, maxSize: 0 };

test('a worker gets the hits that it gets from OpenCV, and a score with each', async (t) => {
  const cv = loadOpenCv();
  const requests = ['stop-sign', 'stop-sign-lbp'].map((name, i) => ({
    cascade: cascadeFile(name),
    parameters: { ...parameters, minNeighbors: 2 * i },
  }));
  let hits = 0;
  for (const jpeg of await snapshots(3)) {
    const image = new GreyImage(cv.imdecode(jpeg, cv.IMREAD_GRAYSCALE));
    t.teardown(() => image.release());
    const found = SiteglassSearch.open().search(image, requests);
    hits += found.flat().length;
    t.true(found.flat().every(({ score }) => score !== null && Number.isFinite(score)));
    t.deepEqual(
      found.map((answers) => answers.map((hit) => ({ ...hit, score: null }))),
      new OpenCvSearch(cv, new ClassifierCache(cv)).search(image, requests),
    );
  }
  t.true(hits > 0);
});

test('a cascade that changed since it was planned is not searched with', (t) => {
  const cv = loadOpenCv();
  const image = new GreyImage(new cv.Mat(40, 40, cv.CV_8UC1, 0));
  t.teardown(() => image.release());
  const search = SiteglassSearch.open();
  for (const cascade of [
    { ...cascadeFile('stop-sign'), sha256: '0'.repeat(64) },
    { file: '/nowhere.xml', sha256: '0'.repeat(64) },
  ]) {
    t.throws(() => search.search(image, [{ cascade, parameters }]), { message: /changed/ });
  }
});
