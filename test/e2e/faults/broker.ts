import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { MOSQUITTO_SETTINGS } from '../../support/mosquitto.js';
import { MortalProcess, program } from './mortal-process.js';

const MOSQUITTO = '/usr/sbin/mosquitto';

/** A real Mosquitto, as docs/operations.md advises to set it up, on a port that it keeps. */
export class Broker {
  readonly process: MortalProcess;
  readonly #configuration: string;
  readonly #passwords: string;

  private constructor(
    folder: string,
    readonly port: number,
  ) {
    this.#configuration = join(folder, 'mosquitto.conf');
    this.#passwords = join(folder, 'passwords');
    this.process = new MortalProcess(
      program(MOSQUITTO, () => ['-c', this.#configuration]),
      join(folder, 'mosquitto.log'),
    );
  }

  /** With accounts, nobody is let in before `admit`. */
  static async create(folder: string, { accounts }: { accounts: boolean }): Promise<Broker> {
    const broker = new Broker(folder, await freePort());
    // Debian's user of that name could not read what lies in a private folder.
    const lines = [`listener ${broker.port} 127.0.0.1`, 'user root', MOSQUITTO_SETTINGS];
    if (accounts) lines.push(`password_file ${broker.#passwords}`);
    writeFileSync(broker.#passwords, '', { mode: 0o600 });
    const text = lines.join('\n');
    writeFileSync(
      broker.#configuration,
      accounts ? text.replace('allow_anonymous true', 'allow_anonymous false') : text,
    );
    return broker;
  }

  async start(): Promise<void> {
    this.process.start();
    await eventually('Mosquitto listens', () => accepts(this.port));
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  /** From the next connection on. */
  admit(username: string, password: string): void {
    this.#change(['-b', this.#passwords, username, password]);
  }

  refuse(username: string): void {
    this.#change(['-D', this.#passwords, username]);
  }

  #change(args: string[]): void {
    execFileSync('mosquitto_passwd', args, { stdio: 'pipe' });
    if (this.process.isRunning) this.process.child?.kill('SIGHUP');
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
  const accepted = !socket.connecting && !socket.errored;
  socket.destroy();
  return accepted;
}
