import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test from 'ava';
import { readPassword } from '../../../core/access/read-password.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A terminal, on which somebody types; `shown` is what appears on it. */
function terminal() {
  const stdin = Object.assign(new PassThrough(), { isTTY: true }) as unknown as NodeJS.ReadStream;
  const stderr = new PassThrough().setEncoding('utf8');
  return { stdin, stderr, shown: () => String(stderr.read() ?? '') };
}

test('a password that is typed twice is not shown', async (t) => {
  const { stdin, stderr, shown } = terminal();
  const password = readPassword({ stdin, stderr });
  stdin.push('violet anchor\r');
  setTimeout(() => stdin.push('violet anchor\r'), 50);
  t.is(await password, 'violet anchor');
  t.is(shown(), 'New password: \nAgain: \n');
});

test('two different passwords, and an interruption, change nothing', async (t) => {
  const differing = terminal();
  const password = readPassword(differing);
  differing.stdin.push('violet anchor\r');
  setTimeout(() => differing.stdin.push('violet ancor\r'), 50);
  await t.throwsAsync(password, { message: /the two passwords differ/ });
  const interrupted = terminal();
  const none = readPassword(interrupted);
  interrupted.stdin.push('violet\u0003');
  await t.throwsAsync(none, { message: /interrupted; nothing was changed/ });
});

test('a password in a file is its first line', async (t) => {
  const file = join(await temporaryFolder(), 'password');
  await writeFile(file, 'violet anchor \r\nanother line\n');
  t.is(await readPassword({ file }), 'violet anchor ');
  await writeFile(file, '\n');
  await t.throwsAsync(readPassword({ file }), { message: /there is no password/ });
  await t.throwsAsync(readPassword({ file: `${file}.none` }), { message: /cannot be read/ });
});
