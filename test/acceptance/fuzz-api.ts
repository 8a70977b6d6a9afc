import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';
import { readOptions } from '../../scripts/lib/options.mjs';
import { Problem, runMain } from '../../scripts/lib/problem.mjs';
import { fuzzProgram } from '../support/api-fuzz/fuzz-program.js';
import { hostileImages } from '../support/hostile-images.js';
import type { ProgramName } from '../support/program.js';
import { processFolder } from '../support/temporary-folder.js';

/**
 * Calls both programs with requests that are made from their OpenAPI documents (`npm run fuzz`). It fails for an answer
 * that is not documented, for a failure of the server, and for a process that ends.
 */
interface Size {
  calls: number;
  images: number;
  seed: number;
}

await runMain(async () => {
  const values = readOptions('fuzz', {
    calls: { type: 'string', default: '20000' },
    images: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  });
  const calls = Number(values.calls);
  const images = Number(values.images);
  if (!(calls > 0 && images >= 0))
    throw new Problem('--calls takes a number above 0, --images one from 0');
  const programs = (['edge', 'cloud-relay'] as const).filter(
    (name) => values.only === undefined || values.only === name,
  );
  if (programs.length === 0) throw new Problem('--only takes edge or cloud-relay');
  let failed = false;
  for (const name of programs) {
    const faults = await fuzz(name, {
      calls: Math.ceil(calls / programs.length),
      images: Math.ceil(images / programs.length),
      seed: Number(values.seed),
    });
    failed ||= faults > 0;
  }
  return failed ? 1 : 0;
});

async function fuzz(name: ProgramName, { calls, images, seed }: Size): Promise<number> {
  const ends: (() => unknown)[] = [];
  const t = { teardown: (end: () => unknown) => void ends.push(end) };
  const sample = readFileSync(join(projectRoot(), 'samples', '4-two-signs.jpg'));
  const from = performance.now();
  try {
    const report = await fuzzProgram(t, name, processFolder(), {
      calls,
      seed,
      image: () => sample,
      // The programs share them: each gets others.
      images: hostileImages(name === 'edge' ? seed : seed + 1, images),
      onProgress: (count) => {
        if (count % 1000 === 0) console.log(`${name}: ${count} calls`);
      },
    });
    const statuses = [...report.statuses].sort(([a], [b]) => a - b);
    console.log(
      `${name}: ${report.calls} calls and ${report.images} hostile images in ${Math.round((performance.now() - from) / 1000)} s, seed ${seed}; ` +
        `${statuses.map(([status, count]) => `${count} × ${status}`).join(', ')}; ` +
        `${report.succeeded.size} operations succeeded; ${report.restarts} restarts of workers; ` +
        `${report.faults.length} faults`,
    );
    for (const fault of report.faults) console.log(`✗ ${fault}`);
    return report.faults.length;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
