import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { commandActor } from '../../core/access/command-actor.js';
import { recordCommand } from '../../core/access/record-command.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { StartError } from '../../core/runtime/errors.js';
import { actAsOwnerOf } from '../../core/runtime/identity/act-as-owner.js';
import { makeFolder } from '../../core/store/make-folder.js';
import type { EdgeConfig } from '../config.js';
import { enrol } from '../enrolment/enrol.js';
import { hasOwnPassword } from '../enrolment/enrolled-config.js';

/** Enrols the appliance at a relay, also while it runs: it then uses the account within seconds. */
export async function enrolCommand(config: EdgeConfig, { words }: CommandOptions): Promise<string> {
  const { dataFolder, site } = config;
  // Pasted into a terminal, a long code may be broken by spaces.
  const code = words.length > 0 ? words.join('') : await typedCode();
  const actor = commandActor();
  makeFolder(dataFolder);
  actAsOwnerOf(dataFolder);
  const account = await enrol({ dataFolder, site, hasOwnPassword: hasOwnPassword(config) }, code);
  const { address } = account.relay;
  const entry = { action: 'enrolled', actor, subject: address } as const;
  return [
    `${site} is enrolled at ${address}; it reports to ${account.mqtt.url}. A running service uses this within seconds.`,
    ...(await recordCommand(join(dataFolder, 'edge.db'), entry)),
  ].join('\n');
}

/** From the standard input, so that the code is in no history and in no list of processes. */
async function typedCode(): Promise<string> {
  const input = createInterface({ input: process.stdin, output: process.stderr });
  const text = await new Promise<string>((resolve) => {
    input.once('close', () => resolve(''));
    void input.question('Enrolment code: ').then(resolve, () => resolve(''));
  });
  input.close();
  if (text.trim() === '')
    throw new StartError('expected "enrol CODE", or the code on the standard input');
  return text;
}
