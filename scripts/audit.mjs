// Looks for known faults of the npm packages: in the registry's list, or in scripts/advisories.json where none answers.
import { pinnedFaults, registryFaults } from './lib/advisories.mjs';
import { showedHelp } from './lib/options.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';

await runMain(async () => {
  if (showedHelp('audit')) return;
  const known = registryFaults(projectRoot);
  const faults = [...pinnedFaults(projectRoot), ...(known ?? [])];
  if (faults.length > 0) throw new Problem(`Packages have known faults:\n${faults.join('\n')}`);
  console.log(
    known
      ? 'The registry and scripts/advisories.json know no fault of high severity.'
      : 'No registry answered. scripts/advisories.json, which covers what was known when it was written, names no fault.',
  );
});
