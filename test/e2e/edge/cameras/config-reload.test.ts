import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runProgram } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

test('SIGHUP reloads the configuration; an invalid one is logged and changes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'edge.yaml');
  const write = (cameras: string) =>
    writeFile(file, `dataFolder: ${folder}\nhttp: { port: 0 }\ncameras: ${cameras}\n`);
  await write('[{ id: door, kind: push }]');
  const program = runProgram(t, 'edge', ['--config', file]);
  await program.logged(({ msg }) => msg === 'started');

  await write('[{ id: door, kind: push }, { id: yard, kind: push }]');
  program.child.kill('SIGHUP');
  const good = await program.logged(({ msg }) => msg === 'configuration reloaded');
  t.like(good, { added: ['yard'], removed: [], changed: [], needsRestart: [] });

  await write('[{ id: door, kind: webcam }, { id: Yard, kind: push }]');
  program.child.kill('SIGHUP');
  const bad = await program.logged(({ msg }) => msg.includes('the previous one stays in effect'));
  t.deepEqual(
    (bad.errors as { path: string }[]).map(({ path }) => path),
    ['cameras.0.kind', 'cameras.1.id'],
  );
  t.is(await program.end(), 0);
});
