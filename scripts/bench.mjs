// Sets up and runs one of bench/: `npm run bench -- NAME [arguments]`. Without a name it lists them.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot, setUp } from './lib/set-up.mjs';

/** Each file in bench/ is one; what they share is in bench/support/. */
const names = readdirSync(join(projectRoot, 'bench'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'))
  .sort();

await runMain(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined) {
    console.log(`Benches: ${names.join(', ') || 'none'}\nRun one with: npm run bench -- NAME`);
    return 0;
  }
  if (!names.includes(name))
    throw new Problem(`There is no bench ${name}; there are: ${names.join(', ') || 'none'}.`);
  await setUp('start');
  const script = join(projectRoot, 'dist', 'bench', `${name}.js`);
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', script, ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  return status ?? 1;
});
