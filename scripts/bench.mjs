// Sets up and runs one of bench/: `npm run bench -- NAME [arguments]`. Without a name it lists them.
import { benchNames, benchPackages } from './lib/benches.mjs';
import { showedHelp } from './lib/options.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { runBuilt } from './lib/run-built.mjs';
import { setUp } from './lib/set-up.mjs';

await runMain(async () => {
  const [name, ...args] = process.argv.slice(2);
  const names = benchNames(projectRoot);
  const list = `Benches: ${names.join(', ')}`;
  if (showedHelp('bench')) {
    console.log(list);
    return 0;
  }
  if (name === undefined) {
    console.log(`${list}\nRun one with: npm run bench -- NAME`);
    return 0;
  }
  if (!names.includes(name))
    throw new Problem(`There is no bench ${name}; choose one of: ${names.join(', ')}`);
  await setUp('opencv', { also: benchPackages(projectRoot, name) });
  return runBuilt(`bench/${name}.ts`, args);
});
