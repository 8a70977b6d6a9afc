import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { FindingsResource } from '../../../../core/contract/system.js';
import type { UpgradeResource } from '../../../../core/contract/upgrade.js';
import type { UpgradeParts } from '../../../../edge/system/upgrade/upgrades.js';
import { ApiClient } from '../../../support/api-client.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const API = '/api/v1/system/upgrade';

/** An appliance as installed by a package of version 1.0, whose root has reported a newer one. */
async function packaged(t: ExecutionContext, parts: Partial<UpgradeParts> = {}) {
  const folder = await temporaryFolder(t);
  const places = {
    requests: join(folder, 'requests'),
    reports: join(folder, 'reports'),
    running: join(folder, 'running'),
    source: join(folder, 'siteglass.sources'),
  };
  for (const place of [places.requests, places.reports]) await mkdir(place);
  await writeFile(places.source, '');
  const check = (fields: Record<string, string>) =>
    writeFile(
      join(places.reports, 'check'),
      Object.entries({ at: '2026-11-27T10:00:00Z', installed: '1.0', ...fields })
        .map(([name, value]) => `${name}: ${value}\n`)
        .join(''),
    );
  await check({ candidate: '1.1~rc.1', held: 'no' });
  const edge = await startEdge([], {
    upgrades: { installation: 'package', version: '1.0', places, ...parts },
  });
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const view = async () => (await api.get<UpgradeResource>(t, API)).json;
  const refusal = async () => {
    const { status, json } = await api.post<{ code: string; detail: string }>(t, API);
    t.is(status, 409);
    t.is(json.code, 'upgrade_refused');
    return json.detail;
  };
  return { api, places, check, view, refusal };
}

test('a newer version is shown as the program would name it, and is asked for once', async (t) => {
  const { api, places, view, refusal } = await packaged(t);
  t.like(await view(), { installed: '1.0', newest: '1.1-rc.1', running: null, obstacle: null });
  const { status, json } = await api.post<UpgradeResource>(t, API);
  t.is(status, 202);
  t.like(json, { running: 'upgrade', phase: 'asked' });
  t.true(existsSync(join(places.requests, 'upgrade-install')));
  t.regex(await refusal(), /under way/);

  await mkdir(places.running);
  await writeFile(
    join(places.reports, 'upgrade'),
    'state: running\nphase: starting\nfrom: 1.0\nto: 1.1\n\nUnpacking',
  );
  t.like(await view(), { running: 'upgrade', phase: 'starting', last: null });
  await rm(places.running, { recursive: true });
  t.like((await view()).last, { outcome: 'interrupted', from: '1.0', to: '1.1' });
  const { json: audit } = await api.get<{ entries: { actor: { name: string } }[] }>(
    t,
    '/api/v1/audit?action=upgrade_requested',
  );
  t.is(audit.entries.length, 1);
});

test('a refused upgrade says why and what to do', async (t) => {
  const { places, check, view, refusal } = await packaged(t);
  await check({ candidate: '1.1', held: 'yes' });
  t.regex(await refusal(), /holds.*apt-mark unhold siteglass-edge/);
  await check({ candidate: '', held: 'no' });
  t.regex(await refusal(), /No newer version is known/);
  await check({ candidate: '1.1', installed: '0.9' });
  t.like(await view(), { newest: null, checkedAt: null }, 'a report about another version');
  await rm(places.source);
  t.regex(await refusal(), /apt knows no repository/);
  await rm(places.requests, { recursive: true });
  t.regex(await refusal(), /no folder .* for its requests/);
});

test('a failed look and a failed upgrade are findings of the doctor', async (t) => {
  const { api, places, check } = await packaged(t);
  const version = async () => {
    const { json } = await api.get<FindingsResource>(t, '/api/v1/system/findings');
    return json.findings.find(({ about }) => about === 'version');
  };
  await check({ candidate: '', problem: 'signature', reason: 'signed by nobody' });
  await writeFile(
    join(places.reports, 'upgrade'),
    'state: returned\nfrom: 1.0\nto: 1.1\nproblem: not-ready\nreason: the port is in use\n\n',
  );
  t.like(await version(), { state: 'warning' });
  t.regex((await version())?.text ?? '', /1\.1 did not work: the port is in use/);
});

test('a request that nothing reacts to is withdrawn, and the units are named', async (t) => {
  const { api, places, check, view } = await packaged(t, { patienceMs: 300 });
  t.is((await api.post(t, `${API}/check`)).status, 202);
  await eventually('an obstacle', async () => (await view()).obstacle !== null);
  const { obstacle, running } = await view();
  t.is(running, null);
  t.regex(obstacle?.reason ?? '', /Nothing happened within 0\.3 s/);
  t.regex(obstacle?.command ?? '', /systemctl enable --now siteglass-edge-upgrade\.path/);
  t.false(existsSync(join(places.requests, 'upgrade-check')));
  await check({ candidate: '1.1', held: 'no' });
  t.is((await view()).obstacle, null, 'root has reported since');
});

for (const installation of ['container', 'source'] as const)
  test(`a ${installation} is not upgraded in the browser, but has a command`, async (t) => {
    const { view, refusal } = await packaged(t, { installation });
    const { obstacle, newest } = await view();
    t.is(newest, null);
    t.regex(obstacle?.command ?? '', installation === 'source' ? /git pull/ : /docker compose/);
    t.true((await refusal()).includes(obstacle?.command ?? '?'));
  });
