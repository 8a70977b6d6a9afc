import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Zone } from '../core/contract/zone.js';
import type { AnalysisPlan } from '../core/detection/detection.js';
import {
  CascadeEngine,
  type CascadeQuery,
  type GreyPixels,
} from '../core/detection/engine/cascade-engine.js';
import { clipGroups, groupCandidates } from '../core/detection/engine/group-candidates.js';
import { parseCascade } from '../core/detection/engine/parse-cascade.js';
import type { ScaleRange } from '../core/detection/engine/search-plan.js';
import { DetectionPool } from '../core/detection/pool/detection-pool.js';
import { SiteglassSearch } from '../core/detection/worker/backends/cascade.js';
import { GreyImage } from '../core/detection/worker/grey-image.js';
import { coverOf } from '../core/detection/zone-cover.js';
import { loadOpenCv, type Mat } from '../core/opencv/opencv.js';
import { openCvPackage } from '../core/opencv/opencv-package.js';
import { silentLogger } from '../core/runtime/logger.js';
import { projectRoot } from '../core/runtime/project-root.js';
import { seededRandom } from '../test/support/render-random.js';
import type { EngineQuestion, EngineReply } from './support/engine-loop.js';
import { peakRssMb } from './support/processes.js';
import { percentiles, printFigures, printTable } from './support/report.js';
import { photo, snapshots } from './support/scenes.js';
import { SideProcess } from './support/side-process.js';

/** The project's engine against OpenCV's on one thread: search and grouping, image by image, in turns. */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    scenes: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '4' },
    /** Folders of photographs to search as well as the rendered scenes. */
    images: { type: 'string', multiple: true, default: [] },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const MIN_NEIGHBORS = 3;
/** As detection workers are started. */
const WORKER_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1'];
/** Deviation of each size of texture, in levels of 255. */
const TEXTURE = 6;
const range: ScaleRange = {
  scaleFactor: 1.1,
  minSize: { width: 20, height: 20 },
  maxSize: { width: 0, height: 0 },
};

const ofOpenCv = (name: string) =>
  join(openCvPackage(), `src/lib/haarcascades/haarcascade_${name}.xml`);
const stumps = {
  stopSign: join(projectRoot(), 'cascades', 'stop-sign.xml'),
  face: ofOpenCv('frontalface_default'),
  stopSignLbp: join(projectRoot(), 'cascades', 'stop-sign-lbp.xml'),
};
/** Trees of two nodes, and of three those of the eyes with glasses. */
const deeper = {
  faceAlt2: ofOpenCv('frontalface_alt2'),
  eyesWithGlasses: ofOpenCv('eye_tree_eyeglasses'),
  leftEye: ofOpenCv('lefteye_2splits'),
  rightEye: ofOpenCv('righteye_2splits'),
};
const cascades = { ...stumps, ...deeper };
type Name = keyof typeof cascades;

const cv = loadOpenCv('engine');
const widths = { Avx2: 'avx2', 128: '128' } as const;
type Width = keyof typeof widths;
const engines = Object.entries(widths).flatMap(([width, simd]) => {
  try {
    return [{ width: width as Width, engine: CascadeEngine.open(simd) }];
  } catch {
    console.log(`This processor does not run ${simd}.`);
    return [];
  }
});

function modelOf(file: string) {
  const parsed = parseCascade(readFileSync(file, 'utf8'));
  if ('unsupported' in parsed) throw new Error(parsed.unsupported.reason);
  return parsed.model;
}

/** Milliseconds of processor time: others use this machine too. */
function timed(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function search(engine: CascadeEngine, image: GreyPixels, queries: CascadeQuery[]): void {
  for (const candidates of engine.searchCandidates(image, queries)) {
    clipGroups(groupCandidates(candidates, MIN_NEIGHBORS), image);
  }
}

const median = (samples: number[]) => percentiles(samples).p50;

/** Times OpenCV and each engine in turn on every image; medians, and the median of the ratios of each turn. */
function compare(name: Name, images: { mat: Mat; pixels: GreyPixels }[]) {
  const classifier = new cv.CascadeClassifier(cascades[name]);
  const model = modelOf(cascades[name]);
  const loaded = engines.map(({ width, engine }) => ({
    width,
    engine,
    query: { cascade: engine.load(model), ...range },
    ms: [] as number[],
    ratios: [] as number[],
  }));
  const opencvMs: number[] = [];
  const [minSize, maxSize] = [new cv.Size(20, 20), new cv.Size(0, 0)];
  for (let round = 0; round <= rounds; round++) {
    for (const { mat, pixels } of images) {
      const theirs = timed(() => {
        classifier.detectMultiScale(mat, range.scaleFactor, MIN_NEIGHBORS, 0, minSize, maxSize);
      });
      // The first round warms up.
      if (round > 0) opencvMs.push(theirs);
      for (const { engine, query, ms, ratios } of loaded) {
        const ours = timed(() => search(engine, pixels, [query]));
        if (round === 0) continue;
        ms.push(ours);
        ratios.push(theirs / ours);
      }
    }
  }
  return loaded.map(({ width, ms, ratios }) => ({
    name,
    width,
    opencvMs: median(opencvMs),
    ms: median(ms),
    ratio: median(ratios),
  }));
}

/** What the three cascades of stumps cost together, of what they cost one after the other. */
function sharing(images: { pixels: GreyPixels }[]): number {
  const [fastest] = engines;
  if (!fastest) throw new Error('no engine runs here');
  const queries = Object.values(stumps).map((file) => ({
    cascade: fastest.engine.load(modelOf(file)),
    ...range,
  }));
  return median(
    images.map(({ pixels }) => {
      const alone = timed(() => {
        for (const query of queries) search(fastest.engine, pixels, [query]);
      });
      return timed(() => search(fastest.engine, pixels, queries)) / alone;
    }),
  );
}

/** The stop sign as a worker is given it. */
function stopSign() {
  const file = cascades.stopSign;
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const parameters = { scaleFactor: 1.1, minNeighbors: MIN_NEIGHBORS, minSize: 20, maxSize: 0 };
  return { file, sha256, parameters };
}

/** What a search costs in a zone of half the picture's width and height, in its middle, of one of the whole picture. */
function zoned(images: { mat: Mat }[]): number {
  const [fastest] = engines;
  if (!fastest) throw new Error('no engine runs here');
  const search = new SiteglassSearch(fastest.engine);
  const { parameters, ...cascade } = stopSign();
  const requests = [{ cascade, parameters }];
  const points: Zone['points'] = [0, 1, 2, 3].map((i) => [
    i % 3 === 0 ? 0.25 : 0.75,
    i < 2 ? 0.25 : 0.75,
  ]);
  const ratios = Array.from({ length: rounds + 1 }, () =>
    images.map(({ mat }) => {
      const image = new GreyImage(mat.cols, mat.rows, mat.getData());
      const regions = coverOf([{ kind: 'include', points }], image);
      const whole = timed(() => search.search(image, requests));
      return timed(() => search.search(image, requests, regions)) / whole;
    }),
  );
  return median(ratios.slice(1).flat());
}

async function perSecond(workers: number, images: Buffer[]): Promise<number> {
  const processes = Array.from(
    { length: workers },
    () => new SideProcess<EngineQuestion, EngineReply>('engine-loop', WORKER_FLAGS),
  );
  const question = { cascade: cascades.stopSign, images };
  try {
    await Promise.all(processes.map((process) => process.ask({ ...question, seconds: 0 })));
    const replies = await Promise.all(
      processes.map((process) => process.ask({ ...question, seconds })),
    );
    return replies.reduce((sum, reply) => sum + reply.perSecond, 0);
  } finally {
    await Promise.all(processes.map((process) => process.stop()));
  }
}

/** Of a worker as the service has it, every pixel being searched. The second photo finds what the first left. */
async function peakOfLargePhoto(): Promise<number> {
  const pool = new DetectionPool({ log: silentLogger(), workers: 1 });
  await pool.start();
  try {
    const bytes = await photo({ width: 4000, height: 3000 });
    const detector = { id: 'stop-sign', label: 'stop sign', engine: 'siteglass' as const };
    const plan: AnalysisPlan = {
      detectors: [{ ...detector, ...stopSign() }],
      preparation: { workingSize: 0, orientations: [0] },
    };
    for (let n = 0; n < 3; n++) await pool.analyse(bytes, plan);
    return Math.max(...pool.status().pids.map(peakRssMb));
  } finally {
    await pool.stop();
  }
}

/** An image for both engines; the pixels can be changed first. */
function pair(bytes: Buffer, change: (pixels: GreyPixels) => void = () => {}) {
  const decoded = cv.imdecode(bytes, cv.IMREAD_GRAYSCALE);
  const pixels = { width: decoded.cols, height: decoded.rows, data: decoded.getData() };
  decoded.release();
  change(pixels);
  const map = Buffer.concat([
    Buffer.from(`P5\n${pixels.width} ${pixels.height}\n255\n`),
    pixels.data,
  ]);
  return { mat: cv.imdecode(map, cv.IMREAD_GRAYSCALE), pixels };
}

/** Coarse to fine, as leaves, walls and asphalt have it: what a rendered scene lacks of a photograph. */
function addTexture({ width, height, data }: GreyPixels, seed: number): void {
  const random = seededRandom(seed);
  for (let cell = 64; cell >= 2; cell /= 2) {
    const columns = Math.ceil(width / cell) + 2;
    const lattice = Float32Array.from(
      { length: columns * (Math.ceil(height / cell) + 2) },
      () => TEXTURE * random.normal(),
    );
    const at = (column: number, row: number) => lattice[row * columns + column] ?? 0;
    for (let y = 0; y < height; y++) {
      const [row, down] = [Math.floor(y / cell), (y % cell) / cell];
      for (let x = 0; x < width; x++) {
        const [column, across] = [Math.floor(x / cell), (x % cell) / cell];
        const above = at(column, row) * (1 - across) + at(column + 1, row) * across;
        const below = at(column, row + 1) * (1 - across) + at(column + 1, row + 1) * across;
        const shade = (data[y * width + x] ?? 0) + above * (1 - down) + below * down;
        data[y * width + x] = Math.max(0, Math.min(255, shade));
      }
    }
  }
}

const scenes = await snapshots(Number(values.scenes));
const photographs = values.images.flatMap((folder) =>
  readdirSync(folder)
    .sort()
    .map((file) => readFileSync(join(folder, file))),
);
const images = [
  ...scenes.map((bytes, i) => pair(bytes, (pixels) => addTexture(pixels, i))),
  ...photographs.map((bytes) => pair(bytes)),
];
console.log(`${scenes.length} scenes, ${photographs.length} photographs, ${rounds} rounds`);

const results = (Object.keys(cascades) as Name[]).flatMap((name) => compare(name, images));
printTable(
  results.map(({ name, width, opencvMs, ms, ratio }) => ({
    cascade: name,
    vectors: width,
    'OpenCV ms': opencvMs,
    'ours ms': ms,
    'times as fast': ratio,
  })),
);
const together = sharing(images);
const quarter = zoned(images);
const one = await perSecond(1, scenes);
const two = await perSecond(2, scenes);
const peakMb = await peakOfLargePhoto();
console.log(
  `The three cascades of stumps together take ${together.toFixed(2)} of what they take apart.`,
);
console.log(`A zone of a quarter of the picture takes ${quarter.toFixed(2)} of the whole of it.`);
console.log(`${one.toFixed(1)} images/s with one worker, ${two.toFixed(1)} with two.`);
console.log(`A worker peaks at ${peakMb.toFixed(0)} MB on twelve megapixels.`);
printFigures('engine', {
  ...Object.fromEntries(results.map(({ name, width, ratio }) => [`${name}${width}`, ratio])),
  sharedOfApart: together,
  quarterZoneOfWhole: quarter,
  imagesPerSecond1: one,
  imagesPerSecond2: two,
  peakMb,
});
