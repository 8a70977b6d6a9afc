// Runs the demo of `npm start`, compiles after each change of a source, and restarts the demo after each build.
import { readDemoOptions } from './lib/demo-options.mjs';
import { showedHelp } from './lib/options.mjs';
import { runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { setUp } from './lib/set-up.mjs';
import { WatchedBuild } from './lib/watch-build.mjs';

await runMain(async () => {
  if (showedHelp('dev')) return 0;
  const options = readDemoOptions('dev');
  await setUp('start');
  // Imported now, because it needs packages that the set-up installs.
  const { runDemo } = await import('./lib/demo.mjs');
  const build = new WatchedBuild(projectRoot);
  build.start();
  try {
    return await runDemo(projectRoot, options, () => build.next());
  } finally {
    build.stop();
  }
});
