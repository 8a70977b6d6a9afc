import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { licenceFault, licenceOf } from '../../packaging/tree/licences.js';
import { sbomOf } from '../../packaging/tree/sbom.js';
import { pinnedFaults } from '../../scripts/lib/advisories.mjs';
import { readPackages } from '../../scripts/lib/npm-packages.mjs';
import { newestIn } from '../../scripts/lib/other-node.mjs';
import { checkContact } from '../../scripts/lib/security-contact.mjs';
import { signPackages } from '../../scripts/lib/sign-packages.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';

const root = projectRoot();
const installed = Object.keys(readPackages(join(root, 'package-lock.json')) ?? {}).filter(
  (path) => path !== '' && existsSync(join(root, path, 'package.json')),
);
const isForDevelopment = (path: string) =>
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[path]?.dev === true;

test('every dependency has a licence that allows its distribution', (t) => {
  const paths = installed.filter((path) => !isForDevelopment(path));
  t.true(paths.length > 100);
  const faults = paths.flatMap((path) => {
    const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    const fault = licenceFault(licenceOf(manifest));
    return fault === undefined ? [] : [`${path}: ${fault}`];
  });
  t.deepEqual(faults, []);
});

test('an unknown licence, none, and one that forbids this use are named', (t) => {
  t.is(licenceFault('MIT'), undefined);
  t.is(licenceFault('(BSD-3-Clause OR GPL-2.0)'), undefined);
  t.is(licenceFault('Apache-2.0 AND MIT'), undefined);
  for (const licence of [
    'GPL-3.0',
    'AGPL-3.0-only',
    'MIT AND GPL-2.0',
    'SEE LICENSE IN x',
    'BUSL-1.1',
  ])
    t.regex(licenceFault(licence) ?? '', /not in the list/, licence);
  t.regex(licenceFault(licenceOf({})) ?? '', /names no licence/);
  t.is(licenceOf({ licenses: [{ type: 'MIT' }, { type: 'ISC' }] }), '(MIT OR ISC)');
});

test('the list of components names each npm package with its version and licence, and the libraries of Debian', (t) => {
  const source = {
    name: 'siteglass-edge',
    version: '1.2.3',
    paths: ['node_modules/zod', 'node_modules/@koa/router', 'node_modules/better-sqlite3'],
    debian: [
      { name: 'nodejs', version: '20.19.2' },
      { name: 'libwebp7', version: undefined },
    ],
  };
  const text = sbomOf(root, source);
  t.is(sbomOf(root, source), text, 'the same source gives the same file');
  const sbom = JSON.parse(text);
  t.like(sbom, { bomFormat: 'CycloneDX', specVersion: '1.5' });
  t.like(sbom.metadata.component, { name: 'siteglass-edge', version: '1.2.3' });
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/zod/package.json'), 'utf8'));
  const purls = sbom.components.map(({ purl }: { purl: string }) => purl);
  t.true(purls.includes(`pkg:npm/zod@${version}`));
  t.true(purls.some((purl: string) => purl.startsWith('pkg:npm/%40koa/router@')));
  t.true(purls.includes('pkg:deb/debian/nodejs@20.19.2?distro=debian-13'));
  t.is(sbom.dependencies[0].dependsOn.length, 5);
});

test('a package with a known fault is named with the version that corrects it', (t) => {
  t.deepEqual(pinnedFaults(root), []);
  const fault = { package: 'zod', id: 'CVE-0000-1' };
  t.regex(pinnedFaults(root, [{ ...fault, before: '99.0.0' }])[0] ?? '', /^zod .*CVE-0000-1/);
  t.deepEqual(pinnedFaults(root, [{ ...fault, before: '1.0.0' }]), []);
  t.deepEqual(pinnedFaults(root, [{ ...fault, from: '98.0.0', before: '99.0.0' }]), []);
});

test('the commands of the documentation accept signed packages, and refuse changed ones', async (t) => {
  const folder = await temporaryFolder(t);
  const packages = join(folder, 'packages');
  mkdirSync(packages);
  mkdirSync(join(folder, 'gnupg'), { mode: 0o700 });
  const saved = process.env.GNUPGHOME;
  process.env.GNUPGHOME = join(folder, 'gnupg');
  t.teardown(() => {
    spawnSync('gpgconf', ['--kill', 'gpg-agent'], {
      env: { ...process.env, GNUPGHOME: join(folder, 'gnupg') },
    });
    if (saved === undefined) delete process.env.GNUPGHOME;
    else process.env.GNUPGHOME = saved;
  });
  const key = 'releases@example.com';
  execFileSync(
    'gpg',
    ['--batch', '--passphrase', '', '--quick-generate-key', key, 'ed25519', 'sign'],
    { stdio: 'ignore' },
  );
  const file = join(packages, 'siteglass-edge_1.2.3_amd64.deb');
  writeFileSync(file, 'a package');
  t.deepEqual(signPackages(packages, undefined), [join(packages, 'SHA256SUMS')]);
  signPackages(packages, key);
  const documentation = readFileSync(join(root, 'docs', 'operations.md'), 'utf8');
  const commands = /^gpg --verify .*\nsha256sum .*$/m.exec(documentation)?.[0] ?? '';
  const check = () => spawnSync('sh', ['-ec', commands], { cwd: packages, encoding: 'utf8' });
  t.is(check().status, 0, check().stderr);
  appendFileSync(file, '!');
  t.not(check().status, 0, 'a changed package');
  writeFileSync(file, 'a package');
  appendFileSync(join(packages, 'SHA256SUMS'), '\n');
  t.not(check().status, 0, 'changed checksums');
  t.throws(() => signPackages(packages, 'nobody@example.com'), { message: /cannot be signed/ });
});

test('the newest release of a major version of Node.js is chosen by its numbers', (t) => {
  const versions = ['22.9.0', '22.23.3', '24.1.0', '22.10.1', '22.23.10', '22.24.0-rc.1', '2.99.0'];
  t.is(newestIn(versions, '22'), '22.23.10');
  t.is(newestIn(versions, '24'), '24.1.0');
  t.is(newestIn(versions, '2'), '2.99.0');
  t.is(newestIn(['node-x.part', '22.1.0-4711.part'], '22'), undefined);
});

test('a placeholder for the address of reports is named, and nothing is signed with it', async (t) => {
  const folder = await temporaryFolder(t);
  const check = (text: string, key?: string) => {
    writeFileSync(join(folder, 'SECURITY.md'), text);
    return checkContact(folder, key);
  };
  const placeholder = 'Write to **a.b@mail.example.invalid**, or open an advisory.';
  t.regex(check(placeholder) ?? '', /^SECURITY\.md names a\.b@mail\.example\.invalid,/);
  t.throws(() => check(placeholder, 'key'), { message: /replace it by an address that is read/ });
  const real = 'Write to **security@example.org**; an invalid report is answered.';
  t.is(check(real), undefined);
  t.is(check(real, 'key'), undefined);
});
