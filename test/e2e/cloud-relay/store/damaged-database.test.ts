import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import * as damage from '../../../support/damage.js';
import { runDoctor } from '../../../support/doctor.js';
import { eventually } from '../../../support/eventually.js';
import { runProgram, runToEnd, urlOf } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

test('a relay with a damaged database starts, keeps its token and sites, and names the damage', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const file = join(dataFolder, 'relay.db');
  const settings = [
    ...[`dataFolder=${dataFolder}`, 'http.port=0', 'mqtt.embedded.port=0'],
    ...['detection.workers=1', 'images.minFreeMegabytes=0'],
  ];
  const options = settings.flatMap((setting) => ['--set', setting]);
  const first = runProgram(t, 'cloud-relay', options);
  await first.logged(({ msg }) => msg === 'started');
  const token = readFileSync(join(dataFolder, 'admin-token'), 'utf8').trim();
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const created = await fetch(`${await urlOf(first)}/api/v1/sites`, {
    ...{ method: 'POST', headers, body: '{"id":"harbour"}' },
  });
  t.is(created.status, 201);
  await first.end();
  damage.zeroHeader(file);

  const check = await runToEnd(t, 'cloud-relay', ['database', ...options]);
  t.is(check.code, 1);
  t.regex(check.output, /relay\.db is damaged: .*\n.*siteglass-relay database repair/);
  const { of } = await runDoctor(t, 'cloud-relay', settings);
  t.regex(of('database').join(), /^failure .*relay\.db is damaged: file is not a database/);

  const second = runProgram(t, 'cloud-relay', options);
  await second.logged(({ msg }) => msg === 'started');
  const url = await urlOf(second);
  const ready = await eventually('the relay is ready', async () => {
    const response = await fetch(`${url}/readyz`);
    return response.status === 200 && response;
  });
  t.regex(await ready.text(), /relay\.db was damaged .* all rows were read/);
  const sites = await fetch(`${url}/api/v1/sites/harbour`, { headers });
  t.is(sites.status, 200);
  t.like(await sites.json(), { site: { id: 'harbour', provisioned: true } });
});
