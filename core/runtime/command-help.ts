import type { CommandForm, OptionName } from './command-line.js';

/** The options of commands, each as it is written, and what it does. */
export const OPTIONS: Record<OptionName, readonly [written: string, about: string]> = {
  json: ['--json', 'prints JSON'],
  refused: ['--refused', 'shows the summaries that were set aside'],
  force: ['--force', 'removes the last administrator as well'],
  role: ['--role ROLE', 'what it may do: viewer, operator or admin'],
  cameras: ['--cameras A,B', 'the only cameras that the token may use'],
  days: ['--days N', 'the days after which the token expires; without it, it never does'],
  'password-file': [
    '--password-file FILE',
    'the file with the password; without it, the password is read from the terminal or the standard input',
  ],
  name: ['--name NAME', 'the name that the detector gets'],
  url: ['--url URL', 'where to download the file from'],
  sha256: ['--sha256 HEX', 'the SHA-256 of a file at --url that Siteglass does not know'],
  'no-images': ['--no-images', 'leaves the images out'],
  yes: ['--yes', 'goes on without asking'],
  'with-secrets': ['--with-secrets', 'writes the passwords, too'],
};

interface Helped {
  summary: string;
  forms?: readonly CommandForm[];
}

/** What `PROGRAM COMMAND --help` prints: the forms of the command, or the one that `action` names. */
export function commandHelp(
  program: string,
  name: string,
  { summary, forms = [] }: Helped,
  options: readonly OptionName[],
  action?: string,
): string {
  const named = forms.filter(({ call }) => action !== undefined && call.split(' ')[0] === action);
  const shown = named.length > 0 ? named : forms;
  const used = named.length > 0 ? named.flatMap((form) => form.options ?? []) : options;
  const lines = shown.map(({ call, about, options: own = [] }): [string, string] => [
    [program, name, call, ...own.map(inBrackets)].filter(Boolean).join(' '),
    about,
  ]);
  const usage =
    lines.length > 0
      ? lines.flatMap(([call, about]) => [`  ${call}`, `      ${about}`])
      : [`  ${[program, name, ...options.map(inBrackets)].join(' ')}`, `      ${summary}`];
  const explained = [...new Set(used)].map((option) => OPTIONS[option]);
  return [
    'Usage:',
    ...usage,
    '',
    ...explained.map(([written, about]) => `  ${written.padEnd(22)}  ${about}`),
    `  ${'--config FILE'.padEnd(22)}  reads this YAML configuration; give the same one as the service has`,
    `  ${'--set PATH=VALUE'.padEnd(22)}  overrides one setting; repeatable`,
  ].join('\n');
}

const inBrackets = (option: OptionName): string =>
  option === 'role' ? OPTIONS.role[0] : `[${OPTIONS[option][0]}]`;
