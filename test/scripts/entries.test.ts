import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';

const FOLDERS = ['scripts', 'packaging', 'deploy', 'test/acceptance'];
const MAIN = '\nawait runMain(';

test('the main function of a program uses no constant or class that is declared below it', (t) => {
  const programs = FOLDERS.flatMap((folder) =>
    readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.m?ts$|\.mjs$/.test(name))
      .map((name) => join(folder, name)),
  ).map((path) => ({ path, text: readFileSync(join(projectRoot(), path), 'utf8') }));
  const entries = programs.filter(({ text }) => text.includes(MAIN));
  t.true(entries.length > 10);
  for (const { path, text } of entries) {
    const below = text.slice(text.indexOf(MAIN) + 1);
    t.deepEqual(below.match(/^(export )?(const|let|class) .*/gm), null, path);
  }
});
