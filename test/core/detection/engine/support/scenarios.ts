import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { photo, snapshots } from '../../../../../bench/support/scenes.js';
import { SiteglassSearch } from '../../../../../core/detection/worker/backends/cascade.js';
import { OpenCvSearch } from '../../../../../core/detection/worker/backends/opencv.js';
import { GreyImage } from '../../../../../core/detection/worker/grey-image.js';
import type {
  CascadeSearchRequest,
  GroupedCandidate,
} from '../../../../../core/detection/worker/search.js';
import { loadOpenCv } from '../../../../../core/opencv/opencv.js';
import { messageOf } from '../../../../../core/runtime/errors.js';
import { projectRoot } from '../../../../../core/runtime/project-root.js';
import { seededRandom } from '../../../../support/render-random.js';
import { processFolder } from '../../../../support/temporary-folder.js';
import { comparePixels } from '../../decoder/pixel-comparison.js';
import { zonedAnalyses } from '../../worker/zoned-analysis.js';
import { servedCascades, shortenedCascades } from './cascades.js';
import { Comparison, type SearchCase } from './comparison.js';
import { corpusCase } from './corpus.js';
import { drawImage, SUBJECTS } from './images.js';
import { treeCase } from './tree-cases.js';

export interface Compared {
  differences: string[];
  /** How many windows there were to compare. */
  windows: number;
  cascades: number;
}

const compared = (comparison: Comparison, differences: string[]): Compared => ({
  differences,
  windows: comparison.windows,
  cascades: comparison.cascades.length,
});

const NO_LIMIT = { width: 0, height: 0 };

/** What tests ask of OpenCV, in a process that is its own (`run-scenario.ts`). */
export const scenarios = {
  async corpus(): Promise<Compared> {
    const comparison = Comparison.ofThisMachine();
    const places = Array.from({ length: 300 }, (_, place) => place);
    return compared(
      comparison,
      places.flatMap((place) => comparison.differences(corpusCase(1, place))),
    );
  },

  async anyChoice(): Promise<Compared> {
    const folder = processFolder();
    const shortened = [1, 2, 4].flatMap((stages) => shortenedCascades(folder, stages));
    const comparison = Comparison.ofThisMachine([...servedCascades(), ...shortened]);
    const side = fc.integer({ min: 3, max: 130 });
    const limit = fc.record({
      width: fc.integer({ min: 1, max: 140 }),
      height: fc.integer({ min: 1, max: 140 }),
    });
    const searches = fc.record({
      subject: fc.constantFrom(...SUBJECTS),
      seed: fc.nat(),
      size: fc.record({ width: side, height: side }),
      scaleFactor: fc.double({ min: 1.01, max: 2, noNaN: true }),
      minSize: limit,
      maxSize: fc.oneof(fc.constant(NO_LIMIT), limit),
      minNeighbors: fc.integer({ min: 0, max: 8 }),
      cascade: fc.nat({ max: comparison.cascades.length - 1 }),
    });
    const property = fc.property(
      searches,
      ({ subject, seed, size, cascade, minNeighbors, ...range }) => {
        const image = drawImage(subject, size, seededRandom(seed));
        const search = { name: subject, image, range, minNeighbors };
        return comparison.differences(search, [cascade]).length === 0;
      },
    );
    const { failed, counterexample } = fc.check(property, { seed: 5, numRuns: 1500 });
    return compared(comparison, failed ? [JSON.stringify(counterexample)] : []);
  },

  /** Cascades of trees of any shape, each with an image of its own. */
  async anyTrees(): Promise<Compared> {
    const folder = processFolder();
    const total: Compared = { differences: [], windows: 0, cascades: 0 };
    for (let seed = 1; seed <= 300; seed++) {
      const { cascade, search } = treeCase(seed, folder);
      const comparison = Comparison.ofThisMachine([cascade]);
      total.differences.push(...comparison.differences(search));
      total.windows += comparison.windows;
      total.cascades++;
    }
    return total;
  },

  async photographs(): Promise<Compared> {
    const comparison = Comparison.ofThisMachine();
    const differences: string[] = [];
    const find = async (
      [width, height]: [number, number],
      search: Omit<SearchCase, 'name' | 'image'>,
      names: string[],
    ) => {
      const image = comparison.opencv.decode(await photo({ width, height }));
      const places = names.map((name) => comparison.cascades.findIndex((c) => c.name === name));
      differences.push(...comparison.differences({ name: 'photo', image, ...search }, places));
    };
    const stopSigns = ['stop-sign', 'stop-sign-lbp'];
    const range = { scaleFactor: 1.1, minSize: { width: 20, height: 20 }, maxSize: NO_LIMIT };
    const others = ['haarcascade_frontalface_default', 'haarcascade_fullbody'];
    await find([979, 551], { range, minNeighbors: 3 }, [...stopSigns, ...others]);
    await find([4000, 3000], { range: { ...range, scaleFactor: 1.3 }, minNeighbors: 3 }, stopSigns);
    return compared(comparison, differences);
  },

  /** What a worker gets from either engine for rendered snapshots. */
  async groupedCandidates(): Promise<{
    ours: GroupedCandidate[][][];
    opencv: GroupedCandidate[][][];
  }> {
    const cv = loadOpenCv('engine');
    const requests: CascadeSearchRequest[] = ['stop-sign', 'stop-sign-lbp'].map((name, i) => ({
      cascade: cascadeFile(name),
      parameters: { scaleFactor: 1.1, minNeighbors: 2 * i, minSize: 20, maxSize: 0 },
    }));
    const images = (await snapshots(3)).map((jpeg) => {
      const mat = cv.imdecode(jpeg, cv.IMREAD_GRAYSCALE);
      return new GreyImage(mat.cols, mat.rows, mat.getData());
    });
    const [ours, theirs] = [SiteglassSearch.open(), new OpenCvSearch(() => cv)];
    return {
      ours: images.map((image) => ours.search(image, requests)),
      opencv: images.map((image) => theirs.search(image, requests)),
    };
  },

  zones: zonedAnalyses,

  pixels: () => comparePixels(loadOpenCv('engine')),

  /** The errors of each engine for a file that has other content than planned, and for one that does not exist. */
  async changedCascades(): Promise<string[]> {
    const cv = loadOpenCv('engine');
    const image = new GreyImage(40, 40, new Uint8Array(1600));
    const parameters = { scaleFactor: 1.1, minNeighbors: 3, minSize: 20, maxSize: 0 };
    const sha256 = '0'.repeat(64);
    const files = [cascadeFile('stop-sign').file, '/nowhere.xml'];
    return [SiteglassSearch.open(), new OpenCvSearch(() => cv)].flatMap((engine) =>
      files.map((file) => {
        try {
          engine.search(image, [{ cascade: { file, sha256 }, parameters }]);
          return 'searched';
        } catch (error) {
          return messageOf(error);
        }
      }),
    );
  },
};

function cascadeFile(name: string) {
  const file = join(projectRoot(), 'cascades', `${name}.xml`);
  return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
}
