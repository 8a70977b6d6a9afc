import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { COMMANDS, commandOverview } from '../../scripts/lib/commands.mjs';

const read = (file: string) => readFileSync(join(projectRoot(), file), 'utf8');
const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));

test('npm run help lists each npm script once, with a line that says what it does', (t) => {
  const listed = Object.values(COMMANDS).flatMap(Object.keys);
  t.deepEqual(listed.toSorted(), Object.keys(scripts).toSorted());
  const overview = commandOverview();
  for (const name of listed) t.regex(overview, new RegExp(`^  ${name} +\\S.{10,}$`, 'm'));
});

test('every file that an npm script runs exists', (t) => {
  const files = Object.values(scripts).flatMap((line) => line.match(/\S+\.(mjs|ts|json)\b/g) ?? []);
  t.true(files.length > 20);
  for (const file of files) t.notThrows(() => read(file), file);
});
