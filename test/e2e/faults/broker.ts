import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';
import {
  brokerListens,
  MOSQUITTO,
  MOSQUITTO_SETTINGS,
  writeMosquittoConfiguration,
} from '../../support/mosquitto.js';
import { MortalProcess, program } from './mortal-process.js';

/** A real Mosquitto, as docs/operations.md advises to set it up, on a port that it keeps. */
export class Broker {
  readonly process: MortalProcess;
  readonly #passwords: string;

  private constructor(
    folder: string,
    readonly port: number,
    accounts: boolean,
  ) {
    this.#passwords = join(folder, 'passwords');
    writeFileSync(this.#passwords, '', { mode: 0o600 });
    // Debian's user of that name could not read what lies in a private folder.
    const settings = `user root\n${MOSQUITTO_SETTINGS}`;
    const secured = `allow_anonymous false\npassword_file ${this.#passwords}`;
    const configuration = writeMosquittoConfiguration(
      folder,
      port,
      accounts ? settings.replace('allow_anonymous true', secured) : settings,
    );
    this.process = new MortalProcess(
      program(MOSQUITTO, () => ['-c', configuration]),
      join(folder, 'mosquitto.log'),
    );
  }

  /** With accounts, nobody is let in before `admit`. */
  static async create(folder: string, { accounts }: { accounts: boolean }): Promise<Broker> {
    return new Broker(folder, await freePort(), accounts);
  }

  async start(): Promise<void> {
    this.process.start();
    await brokerListens(this.port);
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
