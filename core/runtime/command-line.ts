import { parseArgs } from 'node:util';
import type { GivenSettings } from './configuration.js';
import { ConfigurationError, messageOf, StartError } from './errors.js';
import { nearest, unknownName } from './unknown-name.js';

/** A command that runs once and ends, even while the service runs. */
export interface Command<C> {
  summary: string;
  /** Whether it accepts `--json`. */
  json?: boolean;
  /** Whether it accepts `--refused`. */
  refused?: boolean;
  /** Whether it accepts `--force`. */
  force?: boolean;
  /** Whether it accepts further words. */
  words?: boolean;
  /** How it is written, for its help. */
  forms?: CommandForm[];
  /** The options with a value that it accepts. */
  values?: ValueOption[];
  /** The further options without a value that it accepts. */
  flags?: FlagOption[];
  /** Resolves with the output, and with the exit code if that is not 0. Throws StartError if it fails. */
  run(
    configuration: C,
    options: CommandOptions,
    source: CommandSource,
  ): Promise<string | CommandOutcome>;
}

/** One way to write a command, e.g. `add NAME` of `user`. */
export interface CommandForm {
  /** The words after the command. */
  call: string;
  about: string;
  options?: OptionName[];
}

/** Where the configuration of a command comes from. */
export interface CommandSource {
  /** What the configuration file and the command line say. */
  given(): GivenSettings;
}

/** Options with a value that only some commands accept. */
const VALUE_OPTIONS = [
  'role',
  'name',
  'url',
  'sha256',
  'cameras',
  'days',
  'password-file',
] as const;
export type ValueOption = (typeof VALUE_OPTIONS)[number];

/** Options without a value that only some commands accept. */
const FLAG_OPTIONS = ['no-images', 'yes', 'with-secrets'] as const;
export type FlagOption = (typeof FLAG_OPTIONS)[number];

/** The options that only some commands accept. */
export type OptionName = 'json' | 'refused' | 'force' | ValueOption | FlagOption;

export interface CommandOptions
  extends Partial<Record<ValueOption, string | undefined>>,
    Partial<Record<FlagOption, boolean | undefined>> {
  /** The output is JSON. */
  json: boolean;
  /** The command shows what was refused. */
  refused?: boolean;
  /** The command does what it otherwise refuses. */
  force?: boolean;
  /** The words after the command. */
  words: string[];
}

export interface CommandOutcome {
  text: string;
  code: number;
}

export type Arguments = ReturnType<typeof readArguments>;

const ARGUMENTS = {
  config: { type: 'string', short: 'c' },
  set: { type: 'string', multiple: true, default: [] as string[] },
  check: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  refused: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  cameras: { type: 'string' },
  days: { type: 'string' },
  'password-file': { type: 'string' },
  role: { type: 'string' },
  name: { type: 'string' },
  url: { type: 'string' },
  sha256: { type: 'string' },
  'no-images': { type: 'boolean' },
  yes: { type: 'boolean' },
  'with-secrets': { type: 'boolean' },
  version: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Throws StartError for an option that there is not, or that lacks its value. */
export function readArguments(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: ARGUMENTS,
    });
    return { ...values, words: positionals };
  } catch (error) {
    throw new StartError(argumentFault(messageOf(error)));
  }
}

/** The texts of Node.js advise what does not help here. */
function argumentFault(text: string): string {
  const [, unknown] = /^Unknown option '(-[^']*)'/.exec(text) ?? [];
  if (unknown !== undefined) {
    const meant = nearest(unknown.replace(/^-+/, ''), Object.keys(ARGUMENTS));
    const hint = meant === undefined ? '' : ` Did you mean --${meant}?`;
    return `there is no option ${unknown}.${hint} --help lists the options`;
  }
  const [, lacking] = /^Option '(?:-\w, )?(--[\w-]+)(?: <value>)?' argument/.exec(text) ?? [];
  if (lacking !== undefined) return `${lacking} needs a value: ${lacking} VALUE`;
  const [, full] = /^Option '(?:-\w, )?(--[\w-]+)' does not take an argument/.exec(text) ?? [];
  return full === undefined ? text : `${full} takes no value`;
}

/** The options that a command accepts. */
export const optionsOf = <C>(command: Command<C>): OptionName[] => [
  ...(['json', 'refused', 'force'] as const).filter((option) => command[option]),
  ...(command.values ?? []),
  ...(command.flags ?? []),
];

/** The command that the arguments name. Throws ConfigurationError if there is none, or if it does not accept an option. */
export function commandOf<C>(
  { commands = {} }: { commands?: Record<string, Command<C>> },
  { words: [name, ...more], json, refused, force, ...values }: CommandOptions,
): Command<C> | undefined {
  const refuse = (path: string, message: string): never => {
    throw new ConfigurationError('the command line', [{ path, message }]);
  };
  const command = name && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && !command)
    refuse(name, unknownName('is not a known command', name, Object.keys(commands)));
  if (more.length > 0 && !command?.words)
    refuse(more[0] ?? '', `is not a known command: "${name}" takes no further words`);
  const refuseOption = (option: string) =>
    refuse(option, `is not an option ${name ? `of ${name}` : 'without a command'}`);
  if (json && !command?.json) refuseOption('--json');
  if (refused && !command?.refused) refuseOption('--refused');
  if (force && !command?.force) refuseOption('--force');
  for (const option of VALUE_OPTIONS)
    if (values[option] !== undefined && !command?.values?.includes(option))
      refuseOption(`--${option}`);
  for (const option of FLAG_OPTIONS)
    if (values[option] && !command?.flags?.includes(option)) refuseOption(`--${option}`);
  return command;
}

interface Described {
  name: string;
  summary: string;
  commands?: Record<string, { summary: string }>;
}

const listed = (commands: Described['commands'] = {}) =>
  Object.entries(commands).map(([word, { summary }]) => `  ${word.padEnd(20)}  ${summary}\n`);

/** What `--help` prints. */
export const usage = ({ name, summary, commands }: Described) => `${summary}

Usage: ${name} [${commands ? 'COMMAND] [' : ''}--config FILE] [--set PATH=VALUE ...] [--check]

${listed(commands).join('')}
  -c, --config FILE     reads this YAML configuration instead of the built-in defaults
      --set PATH=VALUE  overrides one setting, e.g. --set http.port=9080; repeatable
      --check           checks the configuration, and prints every error and what is not installed
      --json            prints JSON, if the command supports it
      --refused         shows the summaries that were set aside, with "outbox"
      --role ROLE       the role of a token or user: viewer, operator or admin
      --cameras A,B     the only cameras that the token of "token add" may use
      --days N          the days after which the token of "token add" expires
      --password-file FILE  the file with the password for "user add" and "user password"
      --force           removes the last administrator as well
      --name NAME       the name that "detector add FILE" gives the detector
      --url URL         where "detector add NAME" downloads the file from
      --sha256 HEX      the SHA-256 of a file at --url that Siteglass does not know
      --no-images       leaves the images out of "backup"
      --yes             lets "reset" go on without asking
      --with-secrets    writes passwords into the output of "config export"
      --version         prints the version
  -h, --help            prints this text; after a command, only what concerns it`;
