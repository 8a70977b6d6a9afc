import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { UPGRADE_PLACES } from '../../edge/system/upgrade/upgrades.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const UNITS = join(projectRoot(), 'systemd');
const PROGRAMS = ['edge', 'relay'] as const;

/** Settings of a newer systemd than Debian 12's, which ignores them. */
const NEWER = /Unknown key '(RestartSteps|RestartMaxDelaySec)'/;

function run(program: string, args: string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, LANG: 'C', SYSTEMD_COLORS: '0' };
    execFile(program, args, { env }, (error, stdout, stderr) => {
      // Its exit code says the same as its lines.
      if (error && typeof error.code === 'string') reject(error);
      else resolve({ stdout, stderr });
    });
  });
}

/** A unit of its own in a folder, with its drop-ins. */
async function unitIn(folder: string, name: string, dropIns: string[] = []): Promise<string> {
  const unit = join(folder, `${name}.service`);
  // What the package puts there is not on this machine.
  const text = await readFile(join(UNITS, `${name}.service`), 'utf8');
  await writeFile(unit, text.replaceAll(`/usr/bin/${name}`, '/bin/true'));
  await mkdir(`${unit}.d`);
  for (const dropIn of dropIns) await copyFile(join(UNITS, dropIn), join(`${unit}.d`, dropIn));
  return unit;
}

for (const program of PROGRAMS) {
  const name = `siteglass-${program}`;
  for (const dropIns of program === 'edge' ? [[], ['video4linux.conf']] : [[]]) {
    const title = [name, ...dropIns].join(' with ');

    test(`systemd finds nothing wrong with ${title}`, async (t) => {
      const unit = await unitIn(await temporaryFolder(), name, dropIns);
      const { stderr } = await run('systemd-analyze', ['verify', '--man=no', unit]);
      t.deepEqual(
        stderr.split('\n').filter((line) => line !== '' && !NEWER.test(line)),
        [],
      );
    });

    test(`systemd rates the exposure of ${title} at 2.0 of 10 at most`, async (t) => {
      const unit = await unitIn(await temporaryFolder(), name, dropIns);
      const { stdout } = await run('systemd-analyze', ['security', '--offline=true', unit]);
      const [, level] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
      t.true(Number(level) > 0 && Number(level) <= 2, stdout);
    });
  }

  test(`${name} has a user, and a folder for its credentials that only root can read`, async (t) => {
    const root = await temporaryFolder();
    const file = (kind: string) => join(UNITS, `${name}.${kind}.conf`);
    const installed = join(root, 'usr', 'lib', 'sysusers.d');
    await mkdir(installed, { recursive: true });
    await mkdir(join(root, 'etc'));
    await copyFile(file('sysusers'), join(installed, `${name}.conf`));
    await run('systemd-sysusers', [`--root=${root}`, `${name}.conf`]);
    t.regex(
      await readFile(join(root, 'etc', 'passwd'), 'utf8'),
      new RegExp(`^${name}:x:\\d+:\\d+:.*:/var/lib/${name}:/usr/sbin/nologin$`, 'm'),
    );
    t.regex(
      await readFile(file('tmpfiles'), 'utf8'),
      new RegExp(`^d /etc/siteglass/${program}-credentials 0700 root root -$`, 'm'),
    );
    const unit = await readFile(join(UNITS, `${name}.service`), 'utf8');
    t.true(unit.includes(`LoadCredential=${program}:/etc/siteglass/${program}-credentials\n`));
  });
}

test("systemd finds nothing wrong with the units of root's part of an upgrade, which ask for what the service writes", async (t) => {
  const folder = await temporaryFolder(t);
  const name = 'siteglass-edge-upgrade';
  const read = (kind: string) => readFile(join(UNITS, `${name}.${kind}`), 'utf8');
  for (const kind of ['path', 'timer', 'service'])
    await writeFile(
      join(folder, `${name}.${kind}`),
      (await read(kind)).replace(`/usr/lib/siteglass-edge/${name}`, '/bin/true'),
    );
  const units = ['path', 'timer', 'service'].map((kind) => join(folder, `${name}.${kind}`));
  const { stderr } = await run('systemd-analyze', ['verify', '--man=no', ...units]);
  t.is(stderr.trim(), '');
  const watched = (await read('path')).match(/^PathExists=.*$/gm);
  const { requests, reports, running } = UPGRADE_PLACES;
  t.deepEqual(watched, [
    `PathExists=${requests}/upgrade-check`,
    `PathExists=${requests}/upgrade-install`,
  ]);
  const service = await read('service');
  t.regex(service, new RegExp(`^StateDirectory=${basename(reports)}$`, 'm'));
  t.regex(service, new RegExp(`^RuntimeDirectory=${basename(running)}$`, 'm'));
  const appliance = await readFile(join(UNITS, 'siteglass-edge.service'), 'utf8');
  t.regex(appliance, new RegExp(`^RuntimeDirectory=${basename(requests)}$`, 'm'));
  // What they start is not restarted by the upgrade that it does.
  const rules = await readFile(join(projectRoot(), 'packaging', 'debian', 'rules'), 'utf8');
  t.true(rules.includes(`dh_installsystemd --exclude=${name}.service`));
});
