import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CascadeEngine } from '../../../../core/detection/engine/cascade-engine.js';
import type { ServedCascade } from './support/cascades.js';
import { Comparison } from './support/comparison.js';
import { corpusCase } from './support/corpus.js';
import { DriverKernel } from './support/driver-kernel.js';
import { treeCase } from './support/tree-cases.js';

/**
 * Compares with OpenCV: all shipped cascades over `--images N`, and `--trees N` cascades of random trees. `--seed S`
 * chooses them (`random` takes a new one). `--driver COMMAND` runs a kernel that was built separately, with `--avx2` in
 * that width too. Ends with code 1 on a difference.
 */
const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '3000' },
    trees: { type: 'string', default: '0' },
    seed: { type: 'string', default: '2' },
    driver: { type: 'string' },
    avx2: { type: 'boolean', default: false },
  },
});

const images = Number(values.images);
const trees = Number(values.trees);
const seed = values.seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!(images > 0) || !(trees >= 0) || !Number.isInteger(seed))
  throw new Error('--images, --trees and --seed take numbers');

const compare = (cascades?: ServedCascade[]): Comparison =>
  values.driver
    ? withDriver(values.driver.split(' '), values.avx2, cascades)
    : Comparison.ofThisMachine(cascades);
const comparison = compare();
const names = Object.keys(comparison.engines).join(' and ');
console.log(`${images} images, seed ${seed}, ${comparison.cascades.length} cascades, ${names}`);

let different = 0;
for (let place = 0; place < images; place++) {
  const differences = comparison.differences(corpusCase(seed, place));
  for (const line of differences) console.log(line);
  different += differences.length;
  if ((place + 1) % 500 === 0) console.log(`${place + 1} images, ${different} differences`);
}
console.log(`${different} differences in ${images} images with ${comparison.windows} windows`);
if (trees > 0) compareTrees();
process.exitCode = different === 0 ? 0 : 1;

function compareTrees(): void {
  const folder = mkdtempSync(join(tmpdir(), 'siteglass-identity-'));
  const before = different;
  let windows = 0;
  try {
    for (let place = 1; place <= trees; place++) {
      const { cascade, search } = treeCase(Math.imul(seed, 0x9e3779b1) ^ place, folder);
      const comparison = compare([cascade]);
      const differences = comparison.differences(search);
      for (const line of differences) console.log(line);
      different += differences.length;
      windows += comparison.windows;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(
    `${different - before} differences in ${trees} cascades of random trees with ${windows} windows`,
  );
}

function withDriver(command: string[], avx2: boolean, cascades?: ServedCascade[]): Comparison {
  const kernel = new DriverKernel(command, { avx2 });
  const engines = { 'driver 128': new CascadeEngine(kernel, false) };
  return new Comparison(
    avx2 ? { ...engines, 'driver avx2': new CascadeEngine(kernel, true) } : engines,
    cascades,
  );
}
