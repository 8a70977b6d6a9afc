import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { projectRoot } from '../../../../core/runtime/project-root.js';

const LIBRARIES = ['libheif', 'libjxl', 'libtiff'];

/** The libraries of rarer kinds that a process maps after it has decoded these pictures, one after the other. */
async function mappedAfter(pictures: [kind: string, name: string][]): Promise<string[][]> {
  const script = `
    import { readFileSync } from 'node:fs';
    import { loadDecoder } from './dist/core/detection/decoder/native-decoder.js';
    const options = { colour: false, denominator: 1, maxPixels: 1e6, maxScans: 100, maxScanned: 1e9 };
    const mapped = ${JSON.stringify(pictures)}.map(([kind, name]) => {
      const bytes = readFileSync('test/fakes/pictures/' + name);
      loadDecoder().decode(kind, bytes, options, (count) => new Uint8Array(count));
      const maps = readFileSync('/proc/self/maps', 'utf8');
      return ${JSON.stringify(LIBRARIES)}.filter((library) => maps.includes(library));
    });
    console.log(JSON.stringify(mapped));`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: projectRoot() });
  return JSON.parse(stdout) as string[][];
}

test('the libraries of the rarer kinds of images are loaded with the first such image, and no others', async (t) => {
  const common = [
    ['jpeg', '420.jpg'],
    ['png', 'rgb.png'],
    ['webp', 'lossy.webp'],
    ['gif', 'plain.gif'],
    ['bmp', '24-bit.bmp'],
  ] as [string, string][];
  const mapped = await mappedAfter([
    ...common,
    ['tiff', 'lzw.tiff'],
    ['jxl', 'lossy.jxl'],
    ['heif', 'av1.avif'],
  ]);
  t.deepEqual(
    mapped.slice(0, common.length),
    common.map(() => []),
  );
  t.deepEqual(mapped.slice(common.length), [
    ['libtiff'],
    ['libjxl', 'libtiff'],
    ['libheif', 'libjxl', 'libtiff'],
  ]);
});
