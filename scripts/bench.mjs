// Sets up and runs one of bench/: `npm run bench -- NAME [arguments]`. Without a name it lists them, with their options.
import { benchNames, benchPackages, describeBench } from './lib/benches.mjs';
import { usageOf } from './lib/commands.mjs';
import { asksForHelp } from './lib/options.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { runBuilt } from './lib/run-built.mjs';
import { setUp } from './lib/set-up.mjs';

await runMain(async () => {
  const [name, ...args] = process.argv.slice(2);
  const names = benchNames(projectRoot);
  if (name === undefined || asksForHelp()) {
    for (const bench of names) {
      const { about, options } = describeBench(projectRoot, bench);
      console.log(`${bench}\n  ${about}\n  ${options}`);
    }
    console.log(`\n${usageOf('bench')}. The options are shown with their defaults.`);
    return 0;
  }
  if (!names.includes(name))
    throw new Problem(`There is no bench ${name}; choose one of: ${names.join(', ')}`);
  await setUp('opencv', { also: benchPackages(projectRoot, name) });
  return runBuilt(`bench/${name}.ts`, args);
});
