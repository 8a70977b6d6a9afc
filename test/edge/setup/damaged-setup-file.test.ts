import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { pino } from 'pino';
import type { Verdict } from '../../../core/doctor/finding.js';
import { setupCheck } from '../../../edge/doctor/setup-check.js';
import { Setup } from '../../../edge/setup/setup.js';
import { writeSetupFile } from '../../../edge/setup/setup-file.js';
import { GOOD_PASSWORD, startAccess } from '../../support/access.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const damaged: [string, RegExp][] = [
  ['', /damaged/],
  ['{"settings":{"mqtt":{"password":"hunter22"', /damaged/],
  ['[]', /damaged/],
  ['{"isComplete":true}', /^settings: /],
  ['{"isComplete":true,"settings":{"site":"A B"}}', /^settings\.site: /],
];

test('a damaged set-up.json of an appliance with users is logged at each start, without its content', async (t) => {
  const { users, tokens, audit } = await startAccess(t);
  await users.create('mara', 'admin', GOOD_PASSWORD);
  const dataFolder = await temporaryFolder(t);
  for (const [text, reason] of damaged) {
    await writeFile(join(dataFolder, 'set-up.json'), text);
    const lines: { msg: string; fault: string }[] = [];
    const setup = new Setup({
      ...{ dataFolder, users, tokens, audit, isUnwanted: false, isHttps: false },
      given: { source: undefined, settings: {} },
      address: () => ({ host: '127.0.0.1', port: 80 }),
      fingerprint: () => Promise.reject(new Error('none')),
      log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    });
    await setup.start();
    t.false(setup.isPending, 'a user can log in');
    t.deepEqual(
      lines.map(({ msg }) => msg),
      ['set-up.json cannot be used: what it decided does not apply'],
    );
    t.regex(lines[0]?.fault ?? '', reason, text);
    t.notRegex(JSON.stringify(lines), /hunter/);
    await setup.stop();
  }
});

test('the doctor names a set-up.json that cannot be used', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const found = async () => (await setupCheck(dataFolder).run()) as Verdict;
  t.is((await found()).state, 'ok', 'there is none');
  await writeSetupFile(dataFolder, { isComplete: true, settings: { site: 'harbour' } });
  t.like(await found(), { state: 'ok', text: 'complete' });
  for (const [text, reason] of damaged) {
    await writeFile(join(dataFolder, 'set-up.json'), text);
    const verdict = await found();
    t.is(verdict.state, 'failure', text);
    t.regex(verdict.text.replace(/^.* cannot be used: /, ''), reason);
    t.notRegex(JSON.stringify(verdict), /hunter/);
  }
  await mkdir(join(dataFolder, 'sub', 'set-up.json'), { recursive: true });
  t.is(((await setupCheck(join(dataFolder, 'sub')).run()) as Verdict).state, 'failure');
});
