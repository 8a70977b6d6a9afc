import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isRuntimeInstalled, loadRuntime } from '../../../../core/detection/onnx/runtime.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** The folder of a program's package, with the name of a checkout's or a Debian package's. */
async function program(t: ExecutionContext, name: string) {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'program');
  await mkdir(root);
  await writeFile(join(root, 'package.json'), JSON.stringify({ name }));
  return { folder, root };
}

test('where ONNX Runtime is missing, one line says what to install', async (t) => {
  const packaged = await program(t, 'siteglass-edge');
  t.false(isRuntimeInstalled(packaged.root));
  t.throws(() => loadRuntime(packaged.root), {
    message: 'ONNX Runtime is not installed; to install it: sudo apt install siteglass-onnx',
  });
  const { root } = await program(t, 'siteglass');
  t.throws(() => loadRuntime(root), {
    message: 'ONNX Runtime is not installed; to install it: npm run setup',
  });
});

test('ONNX Runtime is found in the package beside the program', async (t) => {
  const { folder, root } = await program(t, 'siteglass-edge');
  const packages = join(folder, 'siteglass-onnx');
  await mkdir(packages);
  await symlink(join(projectRoot(), 'node_modules'), join(packages, 'node_modules'));
  t.true(isRuntimeInstalled(root));
  t.is(typeof loadRuntime(root).InferenceSession.create, 'function');
});

test('a package without the addon of this processor does not count', async (t) => {
  const { folder, root } = await program(t, 'siteglass-edge');
  const runtime = join(folder, 'siteglass-onnx', 'node_modules', 'onnxruntime-node');
  await mkdir(join(runtime, 'dist'), { recursive: true });
  await writeFile(
    join(runtime, 'package.json'),
    '{"name":"onnxruntime-node","main":"dist/index.js"}',
  );
  await writeFile(join(runtime, 'dist', 'index.js'), '');
  t.false(isRuntimeInstalled(root));
});
