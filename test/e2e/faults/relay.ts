import { join } from 'node:path';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { harnessProgram, MortalProcess, program } from './mortal-process.js';
import type { RelayArguments } from './protocol.js';
import { isPostgresUrl } from './relay-tables.js';

/** The relay's ingest alone. `args` is asked at each start. */
export const ingestRelay = (folder: string, name: string, args: () => RelayArguments) =>
  new MortalProcess(
    harnessProgram(new URL('./relay-process.js', import.meta.url), args),
    join(folder, `${name}.log`),
  );

/** The whole relay as an operator runs it, with an external broker. */
export function wholeRelay(
  folder: string,
  name: string,
  { url, database }: Pick<RelayArguments, 'url' | 'database'>,
): MortalProcess {
  const dataFolder = join(folder, `${name}-data`);
  const settings = [
    `dataFolder=${dataFolder}`,
    'http.port=0',
    'detection.workers=1',
    'images.minFreeMegabytes=0',
    `mqtt={ external: { url: "${url}" } }`,
  ];
  const main = join(projectRoot(), 'dist', 'cloud-relay', 'main.js');
  const environment: Record<string, string> = isPostgresUrl(database)
    ? { SITEGLASS_DATABASE_URL: database }
    : {};
  return new MortalProcess(
    program(
      process.execPath,
      () => [main, ...settings.map((setting) => `--set=${setting}`)],
      environment,
    ),
    join(folder, `${name}.log`),
  );
}

/** Where a whole relay keeps its SQLite database. */
export const wholeRelayDatabase = (folder: string, name: string): string =>
  join(folder, `${name}-data`, 'relay.db');
