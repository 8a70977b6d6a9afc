import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { borrowCredentials, loadConfiguration } from './configuration.js';
import { ConfigurationError, messageOf, StartError } from './errors.js';
import { type Lifecycle, terminationSignal } from './lifecycle.js';
import { createLogger, type Logger, type LogLevel } from './logger.js';
import { createNotifier } from './notifier.js';
import { projectRoot } from './project-root.js';
import { type Probe, Watchdog } from './watchdog.js';

export interface Program<S extends z.ZodType<{ log: { level: LogLevel } }>> {
  name: string;
  summary: string;
  schema: S;
  /** What it can do beside running, by the word on the command line. */
  commands?: Record<string, Command<z.infer<S>>>;
  /** Builds everything, starts nothing. */
  create(
    configuration: z.infer<S>,
    log: Logger,
    /** Reads the configuration once more, from where it came from. Throws ConfigurationError. */
    reread: () => z.infer<S>,
  ): Promise<Running>;
}

/** What begins and ends, and by what one tells that it goes on in between. */
export interface Running {
  lifecycle: Lifecycle;
  probes: readonly Probe[];
}

/** Something that is done at once, while the program itself may be running. */
export interface Command<C> {
  summary: string;
  /** Whether `--json` means something to it. */
  json?: boolean;
  /** Whether further words and `--role` mean something to it. */
  words?: boolean;
  /** Resolves with what is printed, and the exit code where that is another than 0. Throws StartError where it cannot be done. */
  run(configuration: C, options: CommandOptions): Promise<string | CommandOutcome>;
}

export interface CommandOptions {
  /** To be read by a program. */
  json: boolean;
  /** What follows the command's own word. */
  words: string[];
  role?: string | undefined;
}

export interface CommandOutcome {
  text: string;
  code: number;
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
  let command: Command<z.infer<S>> | undefined;
  let configuration: z.infer<S>;
  const reread = () => loadConfiguration(program.schema, options.config, options.set);
  try {
    options = readArguments(argv);
    command = commandOf(program, options);
    if (options.help) return say(usage(program));
    if (options.version) return say(programVersion());
    configuration = reread();
  } catch (error) {
    process.stderr.write(`${program.name}: ${messageOf(error)}\n`);
    return EXIT.usage;
  }
  if (options.check) return say('The configuration is good.');
  if (command) return perform(program, command, configuration, options);
  return serve(program, configuration, reread);
}

function commandOf<S extends z.ZodType<{ log: { level: LogLevel } }>>(
  { commands = {} }: Program<S>,
  { words: [name, ...more], json, role }: CommandOptions,
): Command<z.infer<S>> | undefined {
  const refuse = (path: string, message: string): never => {
    throw new ConfigurationError('the command line', [{ path, message }]);
  };
  const command = name && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && (!command || (more.length > 0 && !command.words)))
    refuse(command ? (more[0] ?? name) : name, 'is not a known command');
  const means = (option: string) => refuse(option, `means nothing ${name ? `to ${name}` : 'here'}`);
  if (json && !command?.json) means('--json');
  if (role !== undefined && !command?.words) means('--role');
  return command;
}

async function perform<C>(
  { name }: { name: string },
  command: Command<C>,
  configuration: C,
  { json, words, role }: CommandOptions,
): Promise<number> {
  borrowCredentials(name);
  try {
    const outcome = await command.run(configuration, { json, words: words.slice(1), role });
    if (typeof outcome === 'string') return say(outcome);
    say(outcome.text);
    return outcome.code;
  } catch (error) {
    process.stderr.write(`${name}: ${messageOf(error)}\n`);
    return EXIT.failed;
  }
}

async function serve<S extends z.ZodType<{ log: { level: LogLevel } }>>(
  program: Program<S>,
  configuration: z.infer<S>,
  reread: () => z.infer<S>,
): Promise<number> {
  const log = createLogger(program.name, configuration.log.level);
  const ended = terminationSignal();
  try {
    const notifier = createNotifier(log);
    const { lifecycle, probes } = await program.create(configuration, log, reread);
    await lifecycle.start();
    const watchdog = new Watchdog(probes, notifier, log.child({ component: 'watchdog' }));
    await watchdog.start();
    log.info({ version: programVersion() }, 'started');
    log.info({ signal: await ended }, 'stopping');
    await watchdog.stop();
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
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      config: { type: 'string', short: 'c' },
      set: { type: 'string', multiple: true, default: [] },
      check: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      role: { type: 'string' },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { ...values, words: positionals };
}

const say = (text: string): number => {
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
};

interface Described {
  name: string;
  summary: string;
  commands?: Record<string, { summary: string }>;
}

const listed = (commands: Described['commands'] = {}) =>
  Object.entries(commands).map(([word, { summary }]) => `  ${word.padEnd(20)}  ${summary}\n`);

const usage = ({ name, summary, commands }: Described) => `${summary}

Usage: ${name} [${commands ? 'COMMAND] [' : ''}--config FILE] [--set PATH=VALUE ...] [--check]

${listed(commands).join('')}
  -c, --config FILE     YAML configuration; without it the built-in defaults serve
      --set PATH=VALUE  overrides one setting, e.g. --set http.port=9080; repeatable
      --check           says whether the configuration is good, and every error in it
      --json            for programs to read, where a command can
      --role ROLE       of the token that "token add" makes: viewer, operator or admin
      --version
  -h, --help`;
