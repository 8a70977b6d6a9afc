import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../support/temporary-folder.js';

const LOGGER = new URL('../../../core/runtime/logger.js', import.meta.url).href;

const SCRIPT = `
  const { createLogger } = await import(process.argv[1]);
  const log = createLogger('siteglass-edge', 'debug');
  for (const level of ['fatal', 'error', 'warn', 'info', 'debug']) log[level]({ n: 1 }, level);
  log.child({ component: 'messaging' }).warn({ token: 'open sesame', access: { password: 'hunter2' } }, 'secret');
  log.error({ text: 'two\\nlines' }, 'long');
`;

/** Logs into a file in the place of systemd's socket. `described` says whether it is told to be the journal. */
async function logLines(described: (stream: string) => string | undefined): Promise<string[]> {
  const file = join(await temporaryFolder(), 'stdout');
  const fd = openSync(file, 'w');
  const { dev, ino } = fstatSync(fd, { bigint: true });
  const stream = described(`${dev}:${ino}`);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SCRIPT, LOGGER], {
    stdio: ['ignore', fd, 'inherit'],
    env: { ...(stream && { JOURNAL_STREAM: stream }) },
  });
  closeSync(fd);
  await once(child, 'close');
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

test('in the journal each line begins with its priority and is JSON without secrets, as everywhere', async (t) => {
  const lines = await logLines((stream) => stream);
  const read = lines.map((line) => {
    const [, priority, json = ''] = /^<(\d)>(.*)$/.exec(line) ?? [];
    return { priority, ...(JSON.parse(json) as { msg: string }) };
  });
  t.deepEqual(
    read.map(({ priority, msg }) => `${priority} ${msg}`),
    ['2 fatal', '3 error', '4 warn', '6 info', '7 debug', '4 secret', '3 long'],
  );
  t.like(read[5], { component: 'messaging', token: '(hidden)', access: { password: '(hidden)' } });
});

test('elsewhere lines are plain JSON, even if a parent of this process logged to the journal', async (t) => {
  for (const stream of [undefined, '9:12345']) {
    const lines = await logLines(() => stream);
    t.is(lines.length, 7);
    for (const line of lines) t.notThrows(() => JSON.parse(line), line);
  }
});
