// Writes what is generated from the topic map: the table in docs/mqtt.md, and docs/asyncapi.yaml. A test holds the files against it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMain } from './lib/problem.mjs';
import { projectRoot, setUp } from './lib/set-up.mjs';

await runMain(async () => {
  await setUp('start');
  const { generatedDocs } = await import('../dist/core/contract/generated-docs.js');
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const read = (file) => readFileSync(join(projectRoot, file), 'utf8');
  for (const [file, text] of Object.entries(generatedDocs(version, read('docs/mqtt.md')))) {
    writeFileSync(join(projectRoot, file), text);
    console.log(`wrote ${file}`);
  }
});
