// Sets up, builds and runs the demo: a relay with its MQTT broker, and an appliance with a sample camera.
import { readDemoOptions } from './lib/demo-options.mjs';
import { showedHelp } from './lib/options.mjs';
import { runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { setUp } from './lib/set-up.mjs';

await runMain(async () => {
  if (showedHelp('start')) return 0;
  const options = readDemoOptions('start');
  await setUp('start');
  // Imported now, because it needs packages that the set-up installs.
  const { runDemo } = await import('./lib/demo.mjs');
  return runDemo(projectRoot, options);
});
