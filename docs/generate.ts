import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../core/runtime/project-root.js';
import { accessPage } from './access-table.js';
import { generatedDocs } from './generated-docs.js';
import { routesOfBoth } from './routes-of-both.js';

/**
 * Writes what is generated from the topic map (the table in docs/mqtt.md, and docs/asyncapi.yaml) and from the routes
 * (docs/access.md). Tests compare them.
 */
const read = (file: string): string => readFileSync(join(projectRoot(), file), 'utf8');
const { version }: { version: string } = JSON.parse(read('package.json'));
const files = {
  ...generatedDocs(version, read('docs/mqtt.md')),
  'docs/access.md': accessPage(...(await routesOfBoth())),
};
for (const [file, text] of Object.entries(files)) {
  writeFileSync(join(projectRoot(), file), text);
  console.log(`wrote ${file}`);
}
