import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { z } from 'zod';
import type { FieldError } from '../contract/problem.js';
import { borrowCredentials, loadConfiguration } from './configuration.js';
import { ConfigurationError, messageOf, StartError } from './errors.js';
import { type Lifecycle, type Restart, terminationSignal } from './lifecycle.js';
import { createLogger, type Logger, type LogLevel } from './logger.js';
import { createNotifier, type Notifier } from './notifier.js';
import { projectRoot } from './project-root.js';
import { type Probe, Watchdog } from './watchdog.js';

export interface Program<S extends z.ZodType<{ log: { level: LogLevel } }>> {
  name: string;
  summary: string;
  schema: S;
  /**
   * Also runs with `--check`: whether the machine has what a configuration needs. Resolves with lines about parts that do not
   * work; throws a ConfigurationError if the program as a whole does not.
   */
  checkInstallation?(configuration: z.infer<S>): Promise<string[]>;
  /** Its commands, by their word on the command line. */
  commands?: Record<string, Command<z.infer<S>>>;
  /** For `--check`: what is wrong with a configuration whose form is right, e.g. names of what does not exist. */
  check?(configuration: z.infer<S>): Promise<FieldError[]>;
  /** Builds the parts, but starts nothing. */
  create(
    configuration: z.infer<S>,
    log: Logger,
    /** Reads the configuration again, from the same source. Throws ConfigurationError. */
    reread: () => z.infer<S>,
  ): Promise<Running>;
}

/** A program that was built: its services, and the probes of the watchdog. */
export interface Running {
  lifecycle: Lifecycle;
  probes: readonly Probe[];
  /** A fault that a restart of all services repairs. The program is then built again in the same process. */
  restart?: Restart;
}

/** A command that runs once and ends, even while the service runs. */
export interface Command<C> {
  summary: string;
  /** Whether it accepts `--json`. */
  json?: boolean;
  /** Whether it accepts `--refused`. */
  refused?: boolean;
  /** Whether it accepts further words. */
  words?: boolean;
  /** The options with a value that it accepts. */
  values?: ValueOption[];
  /** Resolves with the output, and with the exit code if that is not 0. Throws StartError if it fails. */
  run(configuration: C, options: CommandOptions): Promise<string | CommandOutcome>;
}

/** Options with a value that only some commands accept. */
const VALUE_OPTIONS = ['role', 'name', 'url', 'sha256'] as const;
export type ValueOption = (typeof VALUE_OPTIONS)[number];

export interface CommandOptions extends Partial<Record<ValueOption, string | undefined>> {
  /** The output is JSON. */
  json: boolean;
  /** The command shows what was refused. */
  refused?: boolean;
  /** The words after the command. */
  words: string[];
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
    if (options.help) return print(usage(program));
    if (options.version) return print(programVersion());
    configuration = reread();
    if (options.check) return await check(program, configuration, options.config);
  } catch (error) {
    process.stderr.write(`${program.name}: ${messageOf(error)}\n`);
    return EXIT.usage;
  }
  if (command) return execute(program, command, configuration, options);
  return serve(program, configuration, reread);
}

async function check<C>(
  { name, check: find, checkInstallation }: Checked<C>,
  configuration: C,
  source = 'the built-in configuration',
): Promise<number> {
  const errors = (await find?.(configuration)) ?? [];
  if (errors.length > 0) throw new ConfigurationError(source, errors);
  const lines = (await checkInstallation?.(configuration)) ?? [];
  for (const line of lines) process.stderr.write(`${name}: ${line}\n`);
  return print('The configuration is valid.');
}

interface Checked<C> {
  name: string;
  check?(configuration: C): Promise<FieldError[]>;
  checkInstallation?(configuration: C): Promise<string[]>;
}

function commandOf<S extends z.ZodType<{ log: { level: LogLevel } }>>(
  { commands = {} }: Program<S>,
  { words: [name, ...more], json, refused, ...values }: CommandOptions,
): Command<z.infer<S>> | undefined {
  const refuse = (path: string, message: string): never => {
    throw new ConfigurationError('the command line', [{ path, message }]);
  };
  const command = name && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && (!command || (more.length > 0 && !command.words)))
    refuse(command ? (more[0] ?? name) : name, 'is not a known command');
  const refuseOption = (option: string) =>
    refuse(option, `is not an option ${name ? `of ${name}` : 'without a command'}`);
  if (json && !command?.json) refuseOption('--json');
  if (refused && !command?.refused) refuseOption('--refused');
  for (const option of VALUE_OPTIONS)
    if (values[option] !== undefined && !command?.values?.includes(option))
      refuseOption(`--${option}`);
  return command;
}

async function execute<C>(
  { name }: { name: string },
  command: Command<C>,
  configuration: C,
  { words, ...options }: CommandOptions,
): Promise<number> {
  borrowCredentials(name);
  try {
    const outcome = await command.run(configuration, { ...options, words: words.slice(1) });
    if (typeof outcome === 'string') return print(outcome);
    print(outcome.text);
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
    // Between two runs, the service manager must know that the process lives.
    const idle = new Watchdog([], notifier, log.child({ component: 'watchdog' }));
    let current = configuration;
    for (;;) {
      const running = await built(() => program.create(current, log, reread), notifier);
      const signal = await runServices(running, { ended, idle, notifier, log });
      if (signal !== undefined) return EXIT.ok;
      await idle.start();
      current = renewed(reread, current);
    }
  } catch (error) {
    const expected = error instanceof StartError || error instanceof ConfigurationError;
    if (expected) log.fatal(error.message);
    else log.fatal({ err: error }, 'failed to start');
    return EXIT.failed;
  }
}

/** How often, and for how long, the service manager is asked to wait for a program that is being built. */
const EXTEND_EVERY_MS = 60_000;
const EXTEND_TIMES = 60;

/** Waits for a program that is built. The repair of a large database takes longer than a service manager waits. */
async function built(create: () => Promise<Running>, notifier: Notifier): Promise<Running> {
  let left = EXTEND_TIMES;
  const timer = setInterval(() => {
    if (left-- > 0)
      void notifier.notify({ EXTEND_TIMEOUT_USEC: String(EXTEND_EVERY_MS * 3 * 1_000) });
  }, EXTEND_EVERY_MS);
  try {
    return await create();
  } finally {
    clearInterval(timer);
  }
}

interface Surroundings {
  ended: Promise<NodeJS.Signals>;
  /** Beats while no services run. */
  idle: Watchdog;
  notifier: Notifier;
  log: Logger;
}

/** Runs the services until a signal ends them, or until they must restart; then it resolves with undefined. */
async function runServices(
  { lifecycle, probes, restart }: Running,
  { ended, idle, notifier, log }: Surroundings,
): Promise<NodeJS.Signals | undefined> {
  try {
    await lifecycle.start();
  } catch (error) {
    if (!(await isDue(restart))) throw error;
    log.error({ reason: restart?.reason, error: messageOf(error) }, 'failed to start; restarting');
    return undefined;
  } finally {
    idle.pause();
  }
  const watchdog = new Watchdog(probes, notifier, log.child({ component: 'watchdog' }));
  await watchdog.start();
  log.info({ version: programVersion() }, 'started');
  const signal = await Promise.race([ended, restart?.due.then(() => undefined) ?? ended]);
  if (signal === undefined) {
    log.warn({ reason: restart?.reason }, 'restarting');
    watchdog.pause();
  } else {
    log.info({ signal }, 'stopping');
    await watchdog.stop();
  }
  await lifecycle.stop();
  return signal;
}

const isDue = async (restart: Restart | undefined): Promise<boolean> =>
  restart !== undefined &&
  (await Promise.race([restart.due.then(() => true), Promise.resolve().then(() => false)]));

/** The configuration may have changed since the start; one with errors is not used. */
function renewed<C>(reread: () => C, current: C): C {
  try {
    return reread();
  } catch {
    return current;
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
      refused: { type: 'boolean', default: false },
      role: { type: 'string' },
      name: { type: 'string' },
      url: { type: 'string' },
      sha256: { type: 'string' },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { ...values, words: positionals };
}

const print = (text: string): number => {
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
  -c, --config FILE     reads this YAML configuration instead of the built-in defaults
      --set PATH=VALUE  overrides one setting, e.g. --set http.port=9080; repeatable
      --check           checks the configuration, and prints every error and what is not installed
      --json            prints JSON, if the command supports it
      --refused         shows the summaries that were set aside, with "outbox"
      --role ROLE       the role of the token that "token add" creates: viewer, operator or admin
      --name NAME       the name that "detector add FILE" gives the detector
      --url URL         where "detector add NAME" downloads the file from
      --sha256 HEX      the SHA-256 of a file at --url that Siteglass does not know
      --version         prints the version
  -h, --help            prints this text`;
