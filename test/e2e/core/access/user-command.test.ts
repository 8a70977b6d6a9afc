import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { GOOD_PASSWORD } from '../../../support/access.js';
import { type ProgramName, runProgram, runToEnd, urlOf } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const BROKER = '--set=mqtt.embedded.port=0';

for (const name of ['edge', 'cloud-relay'] as ProgramName[])
  test(`users are added, changed and removed while the program runs (${name})`, async (t) => {
    const dataFolder = await temporaryFolder();
    const folder = `--set=dataFolder=${dataFolder}`;
    const broker = name === 'edge' ? [] : [BROKER];
    const settings = [folder, '--set=http.port=0', '--set=detection.workers=1', ...broker];
    const url = await urlOf(runProgram(t, name, settings));
    const file = join(dataFolder, 'password');
    const run = (...words: string[]) => runToEnd(t, name, [...words, folder]);
    const user = (...words: string[]) => run('user', ...words, '--password-file', file);
    const logIn = async (password: string) => {
      const body = JSON.stringify({ user: 'mara', password });
      const headers = { 'Content-Type': 'application/json' };
      return fetch(`${url}/api/v1/session`, { method: 'POST', body, headers });
    };

    await writeFile(file, 'too short\n');
    const weak = await user('add', 'mara', '--role', 'admin');
    t.is(weak.code, 1);
    t.regex(weak.errors, /The password has 9 characters; at least 12 are needed/);
    await writeFile(file, `${GOOD_PASSWORD}\n`);
    const added = await user('add', 'mara', '--role', 'admin');
    t.is(added.code, 0, added.errors);
    t.is(added.output, 'The user "mara" was added.');
    const session = await logIn(GOOD_PASSWORD);
    t.is(session.status, 200);
    t.regex((await run('user')).output, /^mara +admin +20\d\d-/m);
    t.regex((await user('add', 'mara', '--role', 'admin')).errors, /"mara" exists already/);

    const [cookie = ''] = (session.headers.get('Set-Cookie') ?? '').split(';');
    const caller = async () =>
      (await fetch(`${url}/api/v1/session`, { headers: { Cookie: cookie } })).status;
    t.is(await caller(), 200);
    t.is((await user('password', 'mara')).code, 0);
    t.is(await caller(), 401, 'the sessions have ended');

    t.is((await run('token', 'remove', 'admin')).code, 0);
    const last = await run('user', 'remove', 'mara');
    t.is(last.code, 1);
    t.regex(last.errors, /This is the last administrator.*Or repeat the command with --force\.\n$/);
    t.is((await run('user', 'remove', 'mara', '--force')).code, 0);
    t.is((await logIn(GOOD_PASSWORD)).status, 401);

    const log = (await run('audit')).output;
    t.regex(log, /^20\S+Z {2}user_added +\S+ \(command\) {2}mara \(admin\)$/m);
    t.regex(log, /^20\S+Z {2}user_removed +\S+ \(command\) {2}mara$/m);
    t.notRegex(log, new RegExp(GOOD_PASSWORD));
    for (const words of [
      ['user', 'add', 'mara'],
      ['user', 'promote', 'mara'],
      ['user', 'add', 'Mara', '--role', 'viewer'],
      ['user', 'remove'],
    ])
      t.is((await run(...words)).code, 1, words.join(' '));
  });

test('a password is read from the standard input, and never from the command line', async (t) => {
  const folder = `--set=dataFolder=${await temporaryFolder()}`;
  const settings = [folder, '--set=http.port=0', '--set=detection.workers=1'];
  await urlOf(runProgram(t, 'edge', settings));
  const main = join(projectRoot(), 'dist', 'edge', 'main.js');
  const words = [main, 'user', 'add', 'mara', '--role', 'viewer', folder];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(`${GOOD_PASSWORD}\r\n`);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  t.is(code, 0);
  t.regex((await runToEnd(t, 'edge', ['user', folder])).output, /^mara +viewer/m);
  const typed = ['user', 'add', 'noor', GOOD_PASSWORD, '--role', 'viewer', folder];
  t.is((await runToEnd(t, 'edge', typed)).code, 1);
});
