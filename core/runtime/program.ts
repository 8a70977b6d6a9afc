import type { z } from 'zod';
import type { FieldError } from '../contract/problem.js';
import { commandHelp } from './command-help.js';
import {
  type Arguments,
  type Command,
  type CommandOptions,
  type CommandSource,
  commandOf,
  optionsOf,
  readArguments,
  usage,
} from './command-line.js';
import {
  borrowCredentials,
  type CompleteSettings,
  givenSettings,
  loadConfiguration,
} from './configuration.js';
import { ConfigurationError, messageOf } from './errors.js';
import type { LogLevel } from './logger.js';
import { programVersion } from './program-version.js';
import { type ServedProgram, serve } from './serve.js';
import { nearest } from './unknown-name.js';

type ConfigurationSchema = z.ZodType<{ log: { level: LogLevel } }>;

export interface Program<S extends ConfigurationSchema> extends ServedProgram<z.infer<S>> {
  summary: string;
  schema: S;
  /** Settings besides those of the configuration file and the command line. */
  complete?: CompleteSettings;
  /** Its commands, by their word on the command line. */
  commands?: Record<string, Command<z.infer<S>>>;
  /** For `--check`, with a configuration whose form is right. */
  check?(configuration: z.infer<S>): Promise<CheckResult>;
}

export interface CheckResult {
  /** Names of what does not exist, and what has to be installed for the program as a whole. */
  errors: FieldError[];
  /** Lines about parts that do not work on this machine, while the rest does. */
  warnings: string[];
}

const EXIT = { ok: 0, failed: 1, usage: 2 };

/** Runs a program from the command line until a signal ends it. Resolves with the exit code. */
export async function run<S extends ConfigurationSchema>(
  program: Program<S>,
  argv = process.argv.slice(2),
): Promise<number> {
  let options: Arguments;
  let command: Command<z.infer<S>> | undefined;
  let configuration: z.infer<S>;
  const reread = () =>
    loadConfiguration(program.schema, options.config, options.set, program.complete);
  try {
    options = readArguments(argv);
    command = commandOf(program, options);
    if (options.help) return print(helpFor(program, command, options.words));
    if (options.version) return print(programVersion());
    configuration = reread();
    if (options.check) return print(await checked(program, configuration, options.config));
  } catch (error) {
    process.stderr.write(`${program.name}: ${messageOf(error)}\n`);
    return EXIT.usage;
  }
  const settings = () => givenSettings(options.config, options.set);
  if (command) return execute(program, { command, given: settings }, configuration, options);
  const given = () => ({ source: options.config, settings: settings() });
  return (await serve(program, configuration, { reread, given })) ? EXIT.ok : EXIT.failed;
}

function helpFor<C>(
  program: { name: string; summary: string; commands?: Record<string, Command<C>> },
  command: Command<C> | undefined,
  [word = '', action]: string[],
): string {
  if (!command) return usage(program);
  return commandHelp(program.name, word, command, optionsOf(command), action);
}

async function checked<C>(
  { name, check }: { name: string; check?(configuration: C): Promise<CheckResult> },
  configuration: C,
  source = 'the built-in configuration',
): Promise<string> {
  const { errors, warnings } = (await check?.(configuration)) ?? { errors: [], warnings: [] };
  if (errors.length > 0) throw new ConfigurationError(source, errors);
  for (const line of warnings) process.stderr.write(`${name}: ${line}\n`);
  return 'The configuration is valid.';
}

async function execute<C>(
  { name }: { name: string },
  { command, given }: { command: Command<C> } & CommandSource,
  configuration: C,
  { words, ...options }: CommandOptions,
): Promise<number> {
  borrowCredentials(name);
  try {
    const outcome = await command.run(
      configuration,
      { ...options, words: words.slice(1) },
      { given },
    );
    if (typeof outcome === 'string') return print(outcome);
    print(outcome.text);
    return outcome.code;
  } catch (error) {
    process.stderr.write(`${name}: ${advised(messageOf(error), name, words, command)}\n`);
    return EXIT.failed;
  }
}

/** To a text that says how a command is written: the word that was probably meant, and where to read more. */
function advised<C>(
  text: string,
  program: string,
  [word = '', action]: string[],
  { forms = [] }: Command<C>,
): string {
  if (!text.startsWith('expected "')) return text;
  const actions = forms
    .map(({ call }) => call.split(' ')[0] ?? '')
    .filter((call) => /^[a-z]/.test(call));
  const meant = actions.includes(action ?? '') ? undefined : nearest(action ?? '', actions);
  const hint = meant === undefined ? '' : `. Did you mean "${word} ${meant}"?`;
  return `${text}${hint}${hint ? ' ' : '; '}"${program} ${word} --help" explains them`;
}

const print = (text: string): number => {
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
};
