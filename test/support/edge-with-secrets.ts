import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runProgram, urlOf } from './program.js';
import { temporaryFolder } from './temporary-folder.js';

/** An appliance with the log level debug, its admin token and an unknown one: neither may be in its log. */
export async function runEdgeWithSecrets(t: ExecutionContext, ...settings: string[]) {
  const dataFolder = await temporaryFolder();
  const program = runProgram(
    t,
    'edge',
    [
      `dataFolder=${dataFolder}`,
      'http.port=0',
      'detection.workers=1',
      'log.level=debug',
      ...settings,
    ].map((setting) => `--set=${setting}`),
  );
  const url = await urlOf(program);
  const admin = (await readFile(join(dataFolder, 'admin-token'), 'utf8')).trim();
  const unknown = 'sg_SomebodysTokenOfSomeOtherBox';
  return {
    program,
    url,
    admin,
    unknown,
    /** Ends it, and checks that it printed no token and logged no error. Resolves with what it printed. */
    async endWithoutTraces(): Promise<string[]> {
      t.is(await program.end(), 0);
      const printed = program.lines;
      t.false(printed.some((line) => line.includes(admin) || line.includes(unknown)));
      t.deepEqual(
        program.log.filter(({ level }) => level >= 50),
        [],
      );
      return printed;
    },
  };
}
