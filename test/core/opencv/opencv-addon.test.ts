import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  ADDON_INTERFACE,
  OpenCvMissing,
  openCvAddon,
  openCvFault,
} from '../../../core/opencv/opencv-addon.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PROGRAM = { name: 'siteglass-edge', version: '2.0.0' };
const OPENCV = { name: 'siteglass-opencv', version: '1.0.0', interface: ADDON_INTERFACE };

/** Folders as the packages install them, with these files. */
async function installation(t: ExecutionContext, files: Record<string, unknown>) {
  const lib = await temporaryFolder(t);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(lib, name)), { recursive: true });
    await writeFile(
      join(lib, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
  return { root: join(lib, 'siteglass-edge'), imageFile: join(lib, 'image') };
}

test('an installed program finds each addon in the package siteglass-opencv', async (t) => {
  const at = await installation(t, {
    'siteglass-edge/package.json': PROGRAM,
    'siteglass-opencv/package.json': OPENCV,
    'siteglass-opencv/engine.node': '',
    'siteglass-opencv/capture.node': '',
  });
  t.is(openCvAddon('engine', at), join(at.root, '..', 'siteglass-opencv', 'engine.node'));
  t.is(openCvAddon('capture', at), join(at.root, '..', 'siteglass-opencv', 'capture.node'));
  t.is(openCvFault('engine', at), undefined);
});

test('without the package, an installed program names the command that installs it', async (t) => {
  const at = await installation(t, { 'siteglass-edge/package.json': PROGRAM });
  const error = t.throws(() => openCvAddon('capture', at), { instanceOf: OpenCvMissing });
  t.is(error?.message, 'OpenCV is not installed; to install it: sudo apt install siteglass-opencv');
});

test('in a container, the image with OpenCV is named instead', async (t) => {
  const at = await installation(t, {
    'siteglass-edge/package.json': PROGRAM,
    image: 'siteglass-edge\n',
  });
  t.is(openCvFault('capture', at), 'OpenCV is not installed; use the image siteglass-edge-streams');
});

test('a checkout uses the addon that npm run setup builds, and names that command', async (t) => {
  const addon = 'siteglass-edge/node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node';
  const checkout = { 'siteglass-edge/package.json': { name: 'siteglass', version: '0.1.0' } };
  const without = await installation(t, checkout);
  t.is(
    openCvFault('engine', without),
    'OpenCV is not installed; to build it: npm run setup -- --for opencv',
  );
  const at = await installation(t, { ...checkout, [addon]: '' });
  t.is(openCvAddon('engine', at), openCvAddon('capture', at));
});

for (const [title, file, reason] of [
  ['damaged', 'package.json', /JSON/],
  // As if it lay where a worker may not read.
  ['unreadable', 'package.json/file', /EISDIR/],
] as const)
  test(`a package whose manifest is ${title} is a fault, with the reason`, async (t) => {
    const at = await installation(t, {
      'siteglass-edge/package.json': PROGRAM,
      [`siteglass-opencv/${file}`]: '{',
      'siteglass-opencv/engine.node': '',
    });
    const fault = openCvFault('engine', at) ?? '';
    t.regex(fault, /^siteglass-opencv cannot be read \(.*\); if .* restart the program$/s);
    t.regex(fault, reason);
  });

for (const [title, manifest, version] of [
  ['a later package', { ...OPENCV, interface: ADDON_INTERFACE + 1 }, '1.0.0'],
  ['an earlier package', { ...OPENCV, interface: ADDON_INTERFACE - 1 }, '1.0.0'],
  ['a package without its number', { name: 'siteglass-opencv', version: '1.0.0' }, '1.0.0'],
] as const)
  test(`${title} that does not fit is refused before it is loaded, with both versions`, async (t) => {
    const at = await installation(t, {
      'siteglass-edge/package.json': PROGRAM,
      'siteglass-opencv/package.json': manifest,
      'siteglass-opencv/engine.node': '',
    });
    t.is(
      openCvFault('engine', at),
      `siteglass-opencv ${version} does not fit siteglass-edge 2.0.0; install both in the same version: sudo apt install siteglass-edge siteglass-opencv`,
    );
  });
