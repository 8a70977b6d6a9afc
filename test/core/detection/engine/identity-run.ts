import { parseArgs } from 'node:util';
import { CascadeEngine } from '../../../../core/detection/engine/cascade-engine.js';
import { Comparison } from './support/comparison.js';
import { corpusCase } from './support/corpus.js';
import { DriverKernel } from './support/driver-kernel.js';

/**
 * Compares with OpenCV over as many images as one likes: `--images N`, `--seed S` (`random` takes a new one), and
 * `--driver COMMAND` for a kernel built apart, with `--avx2` if it is to use that too. Ends with code 1 on a difference.
 */
const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '2' },
    driver: { type: 'string' },
    avx2: { type: 'boolean', default: false },
  },
});

const images = Number(values.images);
const seed = values.seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!(images > 0) || !Number.isInteger(seed)) throw new Error('--images and --seed take numbers');

const comparison = values.driver
  ? withDriver(values.driver.split(' '), values.avx2)
  : Comparison.ofThisMachine();
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
process.exitCode = different === 0 ? 0 : 1;

function withDriver(command: string[], avx2: boolean): Comparison {
  const kernel = new DriverKernel(command, { avx2 });
  const engines = { 'driver 128': new CascadeEngine(kernel, false) };
  return new Comparison(
    avx2 ? { ...engines, 'driver avx2': new CascadeEngine(kernel, true) } : engines,
  );
}
