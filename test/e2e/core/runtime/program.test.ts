import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { runProgram, runToEnd } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

async function fileWith(text: string): Promise<string> {
  const file = join(await temporaryFolder(), 'configuration.yaml');
  await writeFile(file, text);
  return file;
}

test('--check says whether a configuration is valid, and starts nothing', async (t) => {
  const file = await fileWith('site: harbour\n');
  for (const name of ['edge', 'cloud-relay'] as const) {
    const args = name === 'edge' ? ['--config', file, '--check'] : ['--check'];
    const { code, output, errors } = await runToEnd(t, name, args);
    t.is(code, 0);
    t.is(output, 'The configuration is valid.');
    t.is(errors, '');
  }
});

test('--check prints every error with its path and exits with 2', async (t) => {
  const file = await fileWith('site: "No Name"\nhttp: { port: x, host: 0.0.0.0, auth: none }\n');
  const { code, output, errors } = await runToEnd(t, 'edge', ['-c', file, '--check']);
  t.is(code, 2);
  t.is(output, '');
  t.regex(errors, /^siteglass-edge: .*configuration\.yaml cannot be used:/);
  t.regex(errors, /\n {2}site: /);
  t.regex(errors, /\n {2}http\.port: /);
  t.notRegex(errors, /\n\s+at /, 'without a stack trace');
});

test('--check finds names of what does not exist, with the nearest and all valid ones', async (t) => {
  const detectors = await temporaryFolder(t);
  await writeFile(join(detectors, 'lorry.xml'), '');
  const file = await fileWith(`detection: { folder: ${detectors} }
cameras:
  - { id: gate, kind: push, detectors: [stop-sing, lorry] }
  - { id: yard, kind: push, detectors: [yolox-nano] }
  - { id: door, kind: push, labels: [face] }
`);
  const { code, output, errors } = await runToEnd(t, 'edge', ['-c', file, '--check']);
  t.is(code, 2);
  t.is(output, '');
  t.deepEqual(
    errors
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' Valid: ')[0]),
    [
      `siteglass-edge: ${file} cannot be used:`,
      '  cameras.0.detectors.0: there is no detector "stop-sing". Did you mean "stop-sign"?',
      '  cameras.1.detectors.0: the model of "yolox-nano" is not downloaded; run: siteglass-edge detector add yolox-nano',
      '  cameras.2.labels: no chosen detector finds "face".',
    ],
  );
  t.regex(errors, / Valid: stop-sign, .*, lorry\n/);
});

test('--check finds a default detector of the relay that does not exist', async (t) => {
  const wrong = ['--set', 'detection.defaultDetectors=[fase]', '--check'];
  const { code, errors } = await runToEnd(t, 'cloud-relay', wrong);
  t.is(code, 2);
  t.regex(
    errors,
    /detection\.defaultDetectors\.0: there is no detector "fase"\. Did you mean "face"\?/,
  );
});

test('an error on the command line is reported in one line and exits with 2', async (t) => {
  const wrong = [
    ['--confg', 'x'],
    ['--config', '/nowhere/edge.yaml'],
    ['--set', 'http.port=[', '--check'],
    ['--set', 'site=a', '--set', 'site.x=1', '--check'],
  ];
  for (const args of wrong) {
    const { code, errors } = await runToEnd(t, 'edge', args);
    t.is(code, 2, args.join(' '));
    t.regex(errors, /^siteglass-edge: /);
    t.notRegex(errors, /\n\s+at /, 'without a stack trace');
  }
});

test('the programs print their version and their usage', async (t) => {
  t.regex((await runToEnd(t, 'edge', ['--version'])).output, /^\d+\.\d+\.\d+$/);
  t.regex((await runToEnd(t, 'cloud-relay', ['--help'])).output, /Usage: siteglass-relay/);
});

test('a port in use is one clear line and exit code 1', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const address = other.address();
  if (address === null || typeof address === 'string') return t.fail('no port');
  const { port } = address;
  const edge = [`--set=http.port=${port}`, '--set=detection.workers=1'];
  const broker = ['--set=http.port=0', `--set=mqtt.embedded.port=${port}`];
  for (const [name, args] of [
    ['edge', edge],
    ['cloud-relay', [...broker, '--set=detection.workers=1']],
  ] as const) {
    const folder = `--set=dataFolder=${await temporaryFolder()}`;
    const { code, log, errors } = await runToEnd(t, name, [folder, ...args]);
    t.is(code, 1);
    t.is(errors, '');
    const fatal = log.filter(({ level }) => level >= 50);
    t.is(fatal.length, 1);
    t.regex(fatal[0]?.msg ?? '', new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
    t.is(fatal[0]?.err, undefined, 'without a stack trace');
  }
});

test('a missing secret is one clear line and exit code 1', async (t) => {
  const folder = await temporaryFolder();
  const settings = ['url: mqtt://127.0.0.1:1', 'username: a'];
  for (const [secret, message] of [
    ['{ env: SITEGLASS_NOT_SET }', /SITEGLASS_NOT_SET is not set/],
    ['{ file: /nowhere/password }', /\/nowhere\/password/],
  ] as const) {
    const mqtt = `--set=mqtt={ ${[...settings, `password: ${secret}`].join(', ')} }`;
    const { code, log } = await runToEnd(t, 'edge', [
      `--set=dataFolder=${folder}`,
      '--set=http.port=0',
      mqtt,
    ]);
    t.is(code, 1);
    t.regex(log.at(-1)?.msg ?? '', message);
    t.is(log.at(-1)?.err, undefined, 'without a stack trace');
  }
});

test('--help after a command shows only that command, and after one of its words only that', async (t) => {
  const help = async (...args: string[]) => (await runToEnd(t, 'edge', [...args, '--help'])).output;
  const user = await help('user');
  t.regex(user, /siteglass-edge user add NAME --role ROLE/);
  t.regex(user, /siteglass-edge user logout NAME/);
  t.notRegex(user, /token|--cameras|--sha256/);
  const add = await help('user', 'add');
  t.regex(add, /--password-file FILE/);
  t.notRegex(add, /logout|--force/);
  t.regex(await help('outbox'), /\[--json\] \[--refused\]/);
  const relay = (await runToEnd(t, 'cloud-relay', ['sites', 'enrol', '--help'])).output;
  t.regex(relay, /siteglass-relay sites enrol NAME/);
  t.notRegex(relay, /revoke/);
});

test('a mistyped command or option is answered with the one that was meant', async (t) => {
  for (const [args, message] of [
    [['reset', '--yse'], /there is no option --yse\. Did you mean --yes\?/],
    [['--confg', 'x'], /there is no option --confg\. Did you mean --config\?/],
    [['usr'], /usr: is not a known command\. Did you mean "user"\? Valid: backup, /],
    [['user', 'add', 'anna', '--role'], /--role needs a value/],
    [['doctor', 'now'], /now: is not a known command: "doctor" takes no further words/],
  ] as const) {
    const { code, errors } = await runToEnd(t, 'edge', [...args]);
    t.is(code, 2, args.join(' '));
    t.regex(errors, message);
    t.is(errors.trimEnd().split('\n').length <= 2, true, errors);
  }
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'edge.db'), '');
  const wrong = ['certificate', 'pme', '--set', `dataFolder=${folder}`];
  const { code, errors } = await runToEnd(t, 'edge', wrong);
  t.is(code, 1);
  t.regex(
    errors,
    /expected "certificate" or "certificate pem"\. Did you mean "certificate pem"\? "siteglass-edge certificate --help" explains them/,
  );
});

test('the line that a program listens names HTTPS, which its port serves beside plain text', async (t) => {
  const folder = `--set=dataFolder=${await temporaryFolder(t)}`;
  const program = runProgram(t, 'edge', [folder, '--set=http.port=0']);
  const { url, plainTextUrl } = await program.logged(({ msg }) => msg === 'listening');
  t.regex(String(url), /^https:\/\/127\.0\.0\.1:\d+$/);
  t.is(String(plainTextUrl), String(url).replace('https:', 'http:'));
});
