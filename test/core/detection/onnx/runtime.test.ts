import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadRuntime } from '../../../../core/detection/onnx/runtime.js';
import {
  isRuntimeInstalled,
  RUNTIME_INTERFACE,
  runtimeFault,
} from '../../../../core/detection/onnx/runtime-package.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const NODE_MODULES = join(projectRoot(), 'node_modules');

/** A program's folder, with the name of a checkout's or a Debian package's. */
async function program(t: ExecutionContext, name: string) {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'program');
  await mkdir(root);
  await writeFile(join(root, 'package.json'), JSON.stringify({ name, version: '2.0.0' }));
  return { folder, at: { root, imageFile: join(folder, 'image') } };
}

/** The folder of siteglass-onnx beside it, with the runtime of this checkout. */
async function installRuntime(folder: string, manifest: object) {
  const beside = join(folder, 'siteglass-onnx');
  await mkdir(beside);
  await writeFile(join(beside, 'package.json'), JSON.stringify(manifest));
  await symlink(NODE_MODULES, join(beside, 'node_modules'));
}

test('where ONNX Runtime is missing, one line says what to install', async (t) => {
  const packaged = await program(t, 'siteglass-edge');
  t.false(isRuntimeInstalled(packaged.at));
  t.throws(() => loadRuntime(packaged.at), {
    message: 'ONNX Runtime is not installed; to install it: sudo apt install siteglass-onnx',
  });
  const { at } = await program(t, 'siteglass');
  t.throws(() => loadRuntime(at), {
    message: 'ONNX Runtime is not installed; to install it: npm run setup',
  });
});

test('in a container, the image is named instead of a command', async (t) => {
  const { at } = await program(t, 'siteglass-relay');
  await writeFile(at.imageFile, 'siteglass-relay\n');
  t.is(
    runtimeFault(at),
    'ONNX Runtime is not installed; use the image siteglass-relay of this version, which has it',
  );
});

test('ONNX Runtime is found in the package beside the program', async (t) => {
  const { folder, at } = await program(t, 'siteglass-edge');
  await installRuntime(folder, { version: '1.0.0', interface: RUNTIME_INTERFACE });
  t.true(isRuntimeInstalled(at));
  t.is(typeof loadRuntime(at).InferenceSession.create, 'function');
});

test('a checkout uses its own package', async (t) => {
  const { at } = await program(t, 'siteglass');
  await symlink(NODE_MODULES, join(at.root, 'node_modules'));
  t.true(isRuntimeInstalled(at));
  t.is(typeof loadRuntime(at).InferenceSession.create, 'function');
});

test('the runtime of somebody else in a folder above is not used', async (t) => {
  const { folder, at } = await program(t, 'siteglass-edge');
  await symlink(NODE_MODULES, join(folder, 'node_modules'));
  t.false(isRuntimeInstalled(at));
});

for (const [title, number] of [
  ['a later package', RUNTIME_INTERFACE + 1],
  ['an earlier package', RUNTIME_INTERFACE - 1],
  ['a package without its number', undefined],
] as const)
  test(`${title} that does not fit is refused before it is loaded, with both versions`, async (t) => {
    const { folder, at } = await program(t, 'siteglass-edge');
    await installRuntime(folder, { version: '1.0.0', interface: number });
    t.false(isRuntimeInstalled(at));
    t.throws(() => loadRuntime(at), {
      message:
        'siteglass-onnx 1.0.0 does not fit siteglass-edge 2.0.0; install both in the same version: sudo apt install siteglass-edge siteglass-onnx',
    });
  });

test('a package without the addon of this processor does not count', async (t) => {
  const { folder, at } = await program(t, 'siteglass-edge');
  const runtime = join(folder, 'siteglass-onnx', 'node_modules', 'onnxruntime-node');
  await mkdir(join(runtime, 'dist'), { recursive: true });
  await writeFile(
    join(runtime, 'package.json'),
    '{"name":"onnxruntime-node","main":"dist/index.js"}',
  );
  await writeFile(join(runtime, 'dist', 'index.js'), '');
  t.false(isRuntimeInstalled(at));
});
