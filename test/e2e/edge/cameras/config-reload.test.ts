import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { eventually } from '../../../support/eventually.js';
import { runProgram, urlOf } from '../../../support/program.js';
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

  await write('[{ id: door, kind: push, detectors: [fase] }, { id: side, kind: push }]');
  program.child.kill('SIGHUP');
  const unknown = await program.logged(
    ({ msg, errors }) =>
      msg.includes('the previous one stays in effect') && JSON.stringify(errors).includes('fase'),
  );
  t.deepEqual(
    (unknown.errors as { path: string }[]).map(({ path }) => path),
    ['cameras.0.detectors.0'],
  );
  t.is(await program.end(), 0);
});

test('a start with a detector that does not exist goes on with the other cameras, and says so', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'edge.yaml');
  const detectors = join(folder, 'detectors');
  await mkdir(detectors);
  await writeFile(
    file,
    `dataFolder: ${folder}
http: { port: 0, auth: none }
detection: { folder: ${detectors}, workers: 1 }
cameras:
  - { id: door, kind: push, detectors: [lorry] }
  - { id: side, kind: push }
`,
  );
  const program = runProgram(t, 'edge', ['--config', file]);
  const named = await program.logged(({ msg }) => msg.includes('names what does not exist'));
  t.is(named.by, 'camera door');
  t.regex(String(named.reason), /there is no detector "lorry"\. Valid: stop-sign, /);
  const url = await urlOf(program);
  const status = async () =>
    (await (await fetch(`${url}/api/v1/site`)).json()) as { reasons: string[] };
  t.true((await status()).reasons.includes('camera door: there is no detector "lorry".'));
  const picture = await readFile(join(projectRoot(), 'samples', '4-two-signs.jpg'));
  const push = async (camera: string) => {
    const body = new FormData();
    body.append('image', new Blob([new Uint8Array(picture)]), 'a.jpg');
    return (await fetch(`${url}/api/v1/cameras/${camera}/snapshots`, { method: 'POST', body }))
      .status;
  };
  t.is(await push('side'), 200);
  t.is(await push('door'), 400);

  const cascade = await readFile(join(projectRoot(), 'cascades', 'stop-sign.xml'));
  await writeFile(join(detectors, 'lorry.xml'), cascade);
  await eventually('the detector is there', async () => (await status()).reasons.length === 0);
  t.is(await push('door'), 200);
  t.is(await program.end(), 0);
});
