import test from 'ava';
import { TooManyCandidates } from '../../../../core/detection/engine/candidate.js';
import { CascadeEngine } from '../../../../core/detection/engine/cascade-engine.js';
import { type CascadeHandle, loadKernel } from '../../../../core/detection/engine/kernel.js';
import { packCascade } from '../../../../core/detection/engine/pack-cascade.js';
import { parseCascade } from '../../../../core/detection/engine/parse-cascade.js';
import { seededRandom } from '../../../support/render-random.js';
import { haarXml } from './support/cascade-xml.js';
import { servedCascades } from './support/cascades.js';
import { ANY_SIZE, enginesOfThisMachine } from './support/engines.js';
import { drawImage } from './support/images.js';
import { integer } from './support/integers.js';
import { plainScore } from './support/plain-cascade.js';
import { treeCascade } from './support/tree-cascades.js';

test('tables damaged in any one word load safely or are refused', (t) => {
  const kernel = loadKernel();
  const [cascade] = servedCascades().filter(({ name }) => name === 'lbpcascade_frontalface');
  const small = parseCascade(haarXml());
  if (!cascade || !('model' in small)) return t.fail('a cascade is missing');
  const image = drawImage('noise', { width: 64, height: 64 }, seededRandom(1));
  const plan = Int32Array.of(1, 64, 64, 1, 1, 0, 1, 0, 20, 0, 20);
  let refused = 0;
  const whole = [packCascade(small.model), ...packedTrees()];
  for (const tables of [...whole, packCascade(cascade.model).slice(0, 3000)]) {
    for (let i = 0; i < Math.min(tables.length, 400); i++) {
      for (const value of [-1, 0, 1, 3, 23, 1 << 30, 0x7fffffff]) {
        const damaged = tables.slice();
        damaged[i] = value;
        try {
          const handle = kernel.loadCascade(damaged);
          kernel.search(image.data, 64, 64, plan, [handle], false);
        } catch {
          refused++;
        }
      }
    }
  }
  t.true(refused > 500, `only ${refused} refused`);
});

/** Tables of small cascades with trees of up to nine nodes. */
function packedTrees(): Int32Array[] {
  return (['haar', 'lbp'] as const).flatMap((kind) =>
    [1, 2].flatMap((seed) => {
      const window = { width: 20, height: 20 };
      const xml = treeCascade(seededRandom(seed), { kind, window, stages: 2, nodes: 9 });
      const parsed = parseCascade(xml);
      return 'model' in parsed ? [packCascade(parsed.model)] : [];
    }),
  );
}

test('tables whose trees do not fit their stages are refused', (t) => {
  const kernel = loadKernel();
  const parsed = parseCascade(
    haarXml({ nodes: '1 0 0 0. -1 -2 0 0.', leaves: '1 2 3', rects: ['0 0 4 4 -1.'] }),
  );
  if (!('model' in parsed)) return t.fail('not served');
  const sound = packCascade(parsed.model);
  t.notThrows(() => kernel.loadCascade(sound));
  const refuses = (at: number, value: number, message: RegExp) =>
    t.throws(() => kernel.loadCascade(sound.with(at, value)), { message });
  const [stageNodes, stageTrees, first] = [7, 8, 12];
  const second = first + (sound.length - 1 - first) / 2;
  t.deepEqual([...sound.slice(stageNodes, stageTrees + 1)], [2, 1]);
  t.is(((sound[first] ?? 0) & 3) + ((sound[second] ?? 0) & 3), 1, 'one branch leads to a node');
  refuses(stageNodes, 1, /do not cover the nodes/);
  refuses(stageNodes, 3, /nodes of a stage/);
  refuses(stageTrees, 2, /trees of a stage|not sorted/);
  refuses(stageTrees, 3, /trees of a stage/);
  refuses(first, (sound[first] ?? 0) & ~3, /trees of a stage/);
  refuses(first, (sound[first] ?? 0) | 3, /a branch without a node/);
  refuses(second, (sound[second] ?? 0) | 1, /a branch without a node/);
  refuses(second, 48, /shape of a node/);
  refuses(sound.length - 1, 1, /order of trees/);
});

test('plans and pixels that do not match are refused before anything is read', (t) => {
  const kernel = loadKernel();
  const parsed = parseCascade(haarXml());
  if (!('model' in parsed)) return t.fail('not served');
  const cascade = kernel.loadCascade(packCascade(parsed.model));
  const pixels = new Uint8Array(64 * 64);
  const search = (plan: number[], data = pixels, cascades: CascadeHandle[] = [cascade]) =>
    kernel.search(data, 64, 64, Int32Array.from(plan), cascades, false);
  const sound = [1, 64, 64, 1, 1, 0, 1, 0, 41, 0, 41];
  t.notThrows(() => search(sound));
  for (const [i, message] of [
    [1, /level width/],
    [2, /level height/],
    [3, /step/],
    [4, /number of jobs/],
    [5, /cascade/],
    [6, /number of spans/],
    [8, /right edge/],
    [10, /bottom edge/],
  ] as const) {
    t.throws(() => search(sound.with(i, 70_000)), { message });
    t.throws(() => search(sound.with(i, -1)), { message });
  }
  t.throws(() => search(sound.slice(0, -1)), { message: /ends too early/ });
  t.throws(() => search([...sound, 0]), { message: /something follows/ });
  t.throws(() => search(sound, pixels.subarray(1)), { message: /fewer pixels/ });
  const stranger = {} as CascadeHandle;
  t.throws(() => search(sound, pixels, [stranger]), { message: /not a cascade/ });
});

test('a search with more than fifty thousand candidates is refused', (t) => {
  const engine = CascadeEngine.open();
  const parsed = parseCascade(haarXml({ threshold: '-10.' }));
  if (!('model' in parsed)) return t.fail('not served');
  const image = drawImage('noise', { width: 900, height: 700 }, seededRandom(2));
  const query = {
    cascade: engine.load(parsed.model),
    scaleFactor: 1.02,
    minSize: { width: 1, height: 1 },
    maxSize: { width: 0, height: 0 },
  };
  t.throws(() => engine.searchCandidates(image, [query]), {
    instanceOf: TooManyCandidates,
    message: /more than 50000/,
  });
});

test('windows about as flat as OpenCV’s limit are searched or not as by definition', (t) => {
  const engines = enginesOfThisMachine();
  const seen = { searched: 0, flat: 0 };
  for (let seed = 1; seed <= 1000; seed++) {
    const random = seededRandom(seed);
    const [width, height] = [2 * integer(random, 2, 40), integer(random, 4, 80)];
    const rects = ['0 0 4 4 -1.', '0 0 2 4 2.'];
    const parsed = parseCascade(
      haarXml({ window: `${width} ${height}`, rects, threshold: '-10.' }),
    );
    if (!('model' in parsed)) return t.fail('not served');
    const { model } = parsed;
    // Two greys that differ by 20, each in half of the window, have a deviation of 10: the limit.
    const dark = integer(random, 1, 230);
    const data = Uint8Array.from({ length: width * height }, (_, i) => dark + 20 * (i % 2));
    for (let changes = integer(random, 0, 3); changes > 0; changes--) {
      const at = integer(random, 0, data.length - 1);
      data[at] = (data[at] ?? 0) + random.pick([-1, 1]);
    }
    const image = { width, height, data };
    const wanted = plainScore(model, image);
    for (const engine of engines) {
      const [found = []] = engine.searchCandidates(image, [
        { cascade: engine.load(model), ...ANY_SIZE },
      ]);
      t.is(found[0]?.score, wanted, `seed ${seed}`);
    }
    if (wanted === undefined) seen.flat++;
    else seen.searched++;
  }
  t.true(seen.searched > 100 && seen.flat > 100, JSON.stringify(seen));
});

test('several cascades together find what each finds alone', (t) => {
  const engine = CascadeEngine.open();
  const image = drawImage('objects', { width: 333, height: 251 }, seededRandom(9));
  const queries = servedCascades().map(({ model }, i) => ({
    cascade: engine.load(model),
    scaleFactor: i % 2 === 0 ? 1.1 : 1.07,
    minSize: { width: 20, height: 20 },
    maxSize: { width: 0, height: 0 },
  }));
  const alone = queries.flatMap((query) => engine.searchCandidates(image, [query]));
  t.deepEqual(engine.searchCandidates(image, queries), alone);
  t.true(alone.flat().length > 100);
});
