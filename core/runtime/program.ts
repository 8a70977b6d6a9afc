import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { loadConfiguration } from './configuration.js';
import { ConfigurationError, messageOf, StartError } from './errors.js';
import { type Lifecycle, terminationSignal } from './lifecycle.js';
import { createLogger, type Logger, type LogLevel } from './logger.js';
import { projectRoot } from './project-root.js';

export interface Program<S extends z.ZodType<{ log: { level: LogLevel } }>> {
  name: string;
  summary: string;
  schema: S;
  /** Builds everything, starts nothing. */
  create(configuration: z.infer<S>, log: Logger): Promise<Lifecycle>;
}

const EXIT = { ok: 0, failed: 1, usage: 2 };

/** The version in package.json. */
export const programVersion = (): string =>
  (JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { version: string })
    .version;

/** Runs a program from the command line until a signal ends it. Resolves with the exit code. */
export async function run<S extends z.ZodType<{ log: { level: LogLevel } }>>(
  program: Program<S>,
  argv = process.argv.slice(2),
): Promise<number> {
  let options: ReturnType<typeof readArguments>;
  let configuration: z.infer<S>;
  try {
    options = readArguments(argv);
    if (options.help) return say(usage(program));
    if (options.version) return say(programVersion());
    configuration = loadConfiguration(program.schema, options.config, options.set);
  } catch (error) {
    process.stderr.write(`${program.name}: ${messageOf(error)}\n`);
    return EXIT.usage;
  }
  if (options.check) return say('The configuration is good.');
  return serve(program, configuration);
}

async function serve<S extends z.ZodType<{ log: { level: LogLevel } }>>(
  program: Program<S>,
  configuration: z.infer<S>,
): Promise<number> {
  const log = createLogger(program.name, configuration.log.level);
  const ended = terminationSignal();
  try {
    const lifecycle = await program.create(configuration, log);
    await lifecycle.start();
    log.info({ version: programVersion() }, 'started');
    log.info({ signal: await ended }, 'stopping');
    await lifecycle.stop();
    return EXIT.ok;
  } catch (error) {
    const expected = error instanceof StartError || error instanceof ConfigurationError;
    if (expected) log.fatal(error.message);
    else log.fatal({ err: error }, 'failed to start');
    return EXIT.failed;
  }
}

function readArguments(argv: string[]) {
  const { values } = parseArgs({
    args: argv,
    options: {
      config: { type: 'string', short: 'c' },
      set: { type: 'string', multiple: true, default: [] },
      check: { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return values;
}

const say = (text: string): number => {
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
};

const usage = ({ name, summary }: { name: string; summary: string }) => `${summary}

Usage: ${name} [--config FILE] [--set PATH=VALUE ...] [--check]

  -c, --config FILE     YAML configuration; without it the built-in defaults serve
      --set PATH=VALUE  overrides one setting, e.g. --set http.port=9080; repeatable
      --check           says whether the configuration is good, and every error in it
      --version
  -h, --help`;
