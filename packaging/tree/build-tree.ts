import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../core/runtime/project-root.js';
import { Problem, runMain } from '../../scripts/lib/problem.mjs';
import { buildAddons } from './addons.js';
import { writeOnnxTree, writeOpenCvTree, writeTree } from './write-tree.js';

/** Compiles the addons and writes a folder below debian/tree for each package; scripts/package-tree.mjs runs it. */
await runMain(() => {
  const { values } = parseArgs({
    options: {
      /** Debian's names: `amd64`, and `x86_64-linux-gnu` for the compiler. */
      arch: { type: 'string' },
      gnu: { type: 'string' },
      version: { type: 'string' },
    },
  });
  const { arch, gnu, version } = values;
  if (!arch || !gnu || !version) throw new Problem('--arch, --gnu and --version are required');
  const root = projectRoot();
  buildAddons(root, { arch, gnu });
  for (const program of ['edge', 'relay'] as const)
    writeTree(root, program, { version, arch, out: join(root, 'debian', 'tree', program) });
  writeOpenCvTree(root, { version, out: join(root, 'debian', 'tree', 'opencv') });
  writeOnnxTree(root, { version, arch, out: join(root, 'debian', 'tree', 'onnx') });
});
