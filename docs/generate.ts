import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../core/runtime/project-root.js';
import { generatedDocs } from './generated-docs.js';

/** Writes what is generated from the topic map: the table in docs/mqtt.md, and docs/asyncapi.yaml. A test compares them. */
const read = (file: string): string => readFileSync(join(projectRoot(), file), 'utf8');
const { version }: { version: string } = JSON.parse(read('package.json'));
for (const [file, text] of Object.entries(generatedDocs(version, read('docs/mqtt.md')))) {
  writeFileSync(join(projectRoot(), file), text);
  console.log(`wrote ${file}`);
}
