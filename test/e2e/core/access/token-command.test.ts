import test from 'ava';
import { type ProgramName, runProgram, runToEnd, urlOf } from '../../../support/program.js';
import { withPostgres } from '../../../support/relay-databases.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const newDatabase = withPostgres(test);
const BROKER = '--set=mqtt.embedded.port=0';

for (const name of ['edge', 'cloud-relay'] as ProgramName[])
  test(`tokens are created, listed and removed while the program runs (${name})`, async (t) => {
    const folder = `--set=dataFolder=${await temporaryFolder()}`;
    const early = await runToEnd(t, name, ['token', folder]);
    t.is(early.code, 1, 'there is no database yet');

    const broker = name === 'edge' ? [] : [BROKER];
    const settings = [folder, '--set=http.port=0', '--set=detection.workers=1', ...broker];
    const url = await urlOf(runProgram(t, name, settings));
    const token = (...words: string[]) => runToEnd(t, name, ['token', ...words, folder]);
    const metrics = async (secret: string) =>
      (await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${secret}` } })).status;

    const made = await token('add', 'wall', '--role', 'viewer');
    t.is(made.code, 0, made.errors);
    t.regex(made.output, /^sg_[\w-]{43}$/);
    t.is(await metrics(made.output), 200);

    const list = await token();
    t.regex(list.output, /^wall +viewer +20\d\d-/m);
    t.regex(list.output, /^admin +admin /m);
    t.notRegex(list.output, /sg_|[0-9a-f]{64}/);

    t.regex(
      (await token('add', 'wall', '--role', 'admin')).errors,
      /a token "wall" exists already/,
    );
    for (const words of [
      ['add', 'car'],
      ['add', 'car', '--role', 'king'],
      ['list', 'all'],
      ['remove'],
    ])
      t.regex((await token(...words)).errors, /: expected "token"/, words.join(' '));
    t.regex((await token('add', 'My Wall', '--role', 'viewer')).errors, /My Wall: expected/);
    t.is((await runToEnd(t, name, ['doctor', '--role', 'viewer', folder])).code, 2);
    t.is((await token()).output, list.output, 'none of it changed anything');
    t.is((await token('remove', 'wall')).code, 0);
    t.is(await metrics(made.output), 401);
    t.regex((await token('remove', 'wall')).errors, /there is no token "wall"/);
  });

test('the token command works with relays on PostgreSQL and leaves their schema alone', async (t) => {
  const environment = { SITEGLASS_DATABASE_URL: await newDatabase() };
  const token = async (...words: string[]) => {
    const folder = `--set=dataFolder=${await temporaryFolder()}`;
    return runToEnd(t, 'cloud-relay', ['token', ...words, folder], environment);
  };
  const early = await token();
  t.is(early.code, 1);
  t.regex(early.errors, /the relay's database cannot be used: relation "token" does not exist/);
  t.regex((await token()).errors, /does not exist/, 'the first one made no tables');

  const folder = `--set=dataFolder=${await temporaryFolder()}`;
  const settings = [folder, '--set=http.port=0', '--set=detection.workers=1', BROKER];
  const url = await urlOf(runProgram(t, 'cloud-relay', settings, environment));
  const made = await token('add', 'wall', '--role', 'viewer');
  t.regex(made.output, /^sg_[\w-]{43}$/, made.errors);
  const headers = { Authorization: `Bearer ${made.output}` };
  t.is((await fetch(`${url}/metrics`, { headers })).status, 200);
  t.regex((await token()).output, /^wall +viewer /m);
  t.is((await token('remove', 'wall')).code, 0);
  t.is((await fetch(`${url}/metrics`, { headers })).status, 401);
});

test('an unreachable PostgreSQL ends the command with one line, without its password', async (t) => {
  const environment = { SITEGLASS_DATABASE_URL: 'postgres://relay:hush@127.0.0.1:9/siteglass' };
  const folder = `--set=dataFolder=${await temporaryFolder()}`;
  const { code, errors } = await runToEnd(t, 'cloud-relay', ['token', folder], environment);
  t.is(code, 1);
  t.regex(errors, /the relay's database cannot be used: .*ECONNREFUSED/);
  t.notRegex(errors, /hush|\n./);
});
