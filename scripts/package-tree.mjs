// Builds what the Debian packages hold, in the source tree that it stands in; debian/rules calls it. Not for a checkout
// that is worked in: `npm run package` makes a copy and has this run there.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildAddons } from './lib/package-addons.mjs';
import { compileProgram, installPackages, writeTree } from './lib/package-tree.mjs';
import { runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/set-up.mjs';

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      /** Debian's names: `amd64`, and `x86_64-linux-gnu` for the compiler. */
      arch: { type: 'string' },
      gnu: { type: 'string' },
      version: { type: 'string' },
    },
  });
  const { arch, gnu, version } = values;
  installPackages(projectRoot);
  compileProgram(projectRoot);
  buildAddons(projectRoot, { arch, gnu });
  for (const program of ['edge', 'relay'])
    writeTree(projectRoot, program, { version, out: join(projectRoot, 'debian', 'tree', program) });
});
