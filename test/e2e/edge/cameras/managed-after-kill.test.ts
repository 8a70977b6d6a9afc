import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { CameraRevision } from '../../../../core/contract/camera-management.js';
import { runDoctor } from '../../../support/doctor.js';
import { runProgram, urlOf } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const HEADERS = { 'Content-Type': 'application/json' };

test('what the API has confirmed is there after kill -9, whole and with its secrets, whenever it comes', async (t) => {
  t.timeout(240_000);
  const folder = await temporaryFolder(t);
  const dataFolder = join(folder, 'data');
  await mkdir(dataFolder);
  const file = join(folder, 'edge.yaml');
  await writeFile(
    file,
    `dataFolder: ${dataFolder}\nhttp: { port: 0, auth: none }\ndetection: { workers: 1 }\n`,
  );
  const confirmed = new Map<string, string>();
  for (const afterMs of [0, 40, 130]) {
    const program = runProgram(t, 'edge', ['--config', file]);
    const cameras = `${await urlOf(program)}/api/v1/cameras`;
    const revisions = (await (
      await fetch(`${cameras.replace(/cameras$/, 'camera-revisions')}?limit=100`)
    ).json()) as {
      revisions: CameraRevision[];
    };
    for (const [id, name] of confirmed) {
      const { settings, warnings } = (await (await fetch(`${cameras}/${id}/settings`)).json()) as {
        settings: { name: string };
        warnings: string[];
      };
      // A change that was not confirmed any more may have been made as well.
      t.true(Number(settings.name) >= Number(name), id);
      t.deepEqual(warnings, []);
      t.true(revisions.revisions.some((one) => one.camera === id && one.current));
    }
    let isKilled = false;
    const write = async (id: string) => {
      for (let i = Number(confirmed.get(id) ?? 0) + 1; !isKilled; i++) {
        const isNew = !confirmed.has(id);
        const response = await fetch(isNew ? cameras : `${cameras}/${id}`, {
          method: isNew ? 'POST' : 'PUT',
          headers: HEADERS,
          body: JSON.stringify({
            ...{ id, kind: 'http', url: 'http://192.0.2.1/', enabled: false, name: String(i) },
            auth: { username: 'v', password: `secret ${i}` },
          }),
        }).catch(() => undefined);
        if (response?.ok) confirmed.set(id, String(i));
        else if (response?.status === 409) confirmed.set(id, '0');
      }
    };
    const writers = ['a', 'b', 'c'].map(write);
    while (confirmed.size < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    isKilled = true;
    await program.end('SIGKILL');
    await Promise.all(writers);
  }
  const { of } = await runDoctor(t, 'edge', [`dataFolder=${dataFolder}`, 'http.port=0']);
  t.deepEqual(of('camera settings'), ['ok 3 managed by the API']);
  t.regex(of('secrets').join(), /^ok 3 readable/);
});
