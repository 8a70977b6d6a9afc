// Runs the demo of `npm start`, compiles after each change of a source, and restarts the demo after each build.
import { readDemoOptions } from './lib/demo-options.mjs';
import { runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { setUp } from './lib/set-up.mjs';
import { WatchedBuild } from './lib/watch-build.mjs';

await runMain(async () => {
  const options = readDemoOptions('npm run dev');
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
