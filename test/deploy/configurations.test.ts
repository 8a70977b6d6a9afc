import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { relayConfigSchema } from '../../cloud-relay/config.js';
import { loadConfiguration } from '../../core/runtime/configuration.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { edgeConfigSchema } from '../../edge/config.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const deploy = (...path: string[]) => join(projectRoot(), 'deploy', ...path);

test('every configuration that is shipped for containers is valid', (t) => {
  for (const file of [
    deploy('cloud', 'relay.yaml'),
    deploy('cloud', 'relay-single.yaml'),
    deploy('kubernetes', 'relay-config.yaml'),
  ])
    t.notThrows(() => loadConfiguration(relayConfigSchema, file), file);
  for (const file of [deploy('edge', 'edge.yaml'), deploy('edge', 'edge-lan.yaml')])
    t.notThrows(() => loadConfiguration(edgeConfigSchema, file), file);
});

test('the secrets are generated once, at random, in a folder that is closed to others', async (t) => {
  const make = (folder: string) =>
    execFileSync(deploy('make-secrets'), [folder], { encoding: 'utf8' }).split('\n').length - 1;
  const all = (folder: string) =>
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8').trim()]);
  const [first = '', second = ''] = [
    join(await temporaryFolder(t), 'secrets'),
    join(await temporaryFolder(t), 'secrets'),
  ];
  const count = make(first);
  t.is(statSync(first).mode & 0o777, 0o700);
  const made = Object.fromEntries(all(first)) as Record<string, string>;
  t.is(Object.keys(made).length, count);
  t.regex(made['admin-token'] ?? '', /^sg_[\w-]{43}$/);
  t.is(
    made['database-url'],
    `postgres://siteglass:${made['database-password']}@database:5432/siteglass`,
  );
  t.like(JSON.parse(made['s3.json'] ?? '').identities[0].credentials[0], {
    accessKey: made['s3-access-key'],
    secretKey: made['s3-secret-key'],
  });
  const passwords = Object.values(made).filter((value) => /^[\w-]{43}$/.test(value));
  t.is(new Set(passwords).size, passwords.length);

  make(second);
  const others = new Set(all(second).map(([, value]) => value));
  for (const [name, value] of Object.entries(made)) t.false(others.has(value), name);

  rmSync(join(first, 'lan-dashboard-password'));
  t.is(make(first), 1);
  for (const [name = '', value] of all(first))
    if (name !== 'lan-dashboard-password') t.is(value, made[name], name);
});

test('each secret that a compose file gives to a container is generated, and each generated one is used', async (t) => {
  const folder = await temporaryFolder(t);
  execFileSync(deploy('make-secrets'), [folder]);
  const given = ['docker-compose.cloud.yml', 'docker-compose.edge.yml'].flatMap((name) => {
    const text = readFileSync(join(projectRoot(), name), 'utf8');
    return [...text.matchAll(/SITEGLASS_SECRETS:-\.\/secrets\}\/([\w.-]+)/g)].map(
      ([, file]) => file,
    );
  });
  t.deepEqual([...new Set(given)].sort(), readdirSync(folder).sort());
});
