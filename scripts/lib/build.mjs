import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';

/** The step that compiles TypeScript into dist/. The compiler itself finds out quickly that nothing changed. */
export function build({ root }) {
  return {
    title: 'build',
    always: true,
    check: () => (existsSync(join(root, 'dist')) ? undefined : 'build the program into dist/'),
    async run() {
      removeOrphans(root);
      const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      const { status } = spawnSync(process.execPath, [compiler, '--project', 'tsconfig.json'], {
        cwd: root,
        stdio: 'inherit',
      });
      if (status !== 0) throw new Problem('The program does not compile; see above.');
    },
  };
}

/** Removes what was built from a source that is gone, or a deleted test would go on running. */
function removeOrphans(root) {
  const dist = join(root, 'dist');
  if (!existsSync(dist)) return;
  for (const path of readdirSync(dist, { recursive: true })) {
    if (!/\.js(\.map)?$/.test(path)) continue;
    const source = join(root, path.replace(/\.js(\.map)?$/, '.ts'));
    if (!existsSync(source)) rmSync(join(dist, path));
  }
}
