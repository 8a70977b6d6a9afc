import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { messageOf, StartError } from '../runtime/errors.js';

/** Where a password may come from: never from the command line, which other users of the machine can read. */
export interface PasswordInput {
  /** A file with the password in its first line; `-` is the standard input. */
  file?: string | undefined;
  stdin?: NodeJS.ReadStream;
  /** For the prompt. */
  stderr?: NodeJS.WritableStream;
}

/** Reads a new password: from a file, from the standard input if that is no terminal, or twice without echo. Throws StartError. */
export async function readPassword({
  file,
  stdin = process.stdin,
  stderr = process.stderr,
}: PasswordInput): Promise<string> {
  if (file !== undefined && file !== '-') return firstLine(readFile(file));
  if (file === '-' || !stdin.isTTY) return firstLine(await text(stdin));
  return askTwice(stdin, stderr);
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartError(`the password cannot be read: ${messageOf(cause)}`);
  }
}

function firstLine(content: string): string {
  const [line = ''] = content.split(/\r?\n/, 1);
  if (line === '')
    throw new StartError('there is no password; enter it, or give --password-file FILE');
  return line;
}

/** Nothing of what is typed is shown. */
async function askTwice(input: NodeJS.ReadStream, stderr: NodeJS.WritableStream): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  const ask = async (prompt: string): Promise<string> => {
    stderr.write(prompt);
    try {
      return await lines.question('');
    } catch (cause) {
      throw new StartError('interrupted; nothing was changed', { cause });
    } finally {
      stderr.write('\n');
    }
  };
  try {
    const password = await ask('New password: ');
    if ((await ask('Again: ')) !== password) throw new StartError('the two passwords differ');
    return password;
  } finally {
    lines.close();
  }
}
