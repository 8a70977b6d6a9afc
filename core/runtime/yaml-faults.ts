import { type Document, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { z } from 'zod';
import type { FieldError } from '../contract/problem.js';

/** What is wrong, by the codes of the library. Its own messages quote the text, which may be a password. */
const MESSAGES: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'a value begins with "*"; put it in quotes',
  ALIAS_PROPS: 'a value begins with "&" or "*"; put it in quotes',
  BAD_DQ_ESCAPE: 'a backslash in double quotes that escapes nothing; use single quotes',
  BAD_INDENT: 'a line has the wrong indentation, or a bracket is not closed',
  BAD_SCALAR_START: 'a value begins with a character that YAML reserves; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a value contains ": "; put it in quotes, or begin a line for each setting',
  BLOCK_IN_FLOW: 'a setting of several lines within brackets',
  DUPLICATE_KEY: 'the setting is repeated',
  MISSING_CHAR: 'a quote or a bracket is not closed, or ":" is missing behind a setting',
  MULTILINE_IMPLICIT_KEY: 'a line is not SETTING: VALUE, or a quote is not closed',
  MULTIPLE_DOCS: 'there are several documents; remove the lines "---"',
  TAB_AS_INDENT: 'a tab indents the line; use spaces',
  UNEXPECTED_TOKEN: 'a value has more text behind it, or a line has the wrong indentation',
};
const OTHER = 'it is not YAML';

/** A text and the names that may be quoted of it. */
interface Source {
  text: string;
  /** All settings that there are. */
  names(): ReadonlySet<string>;
}

export type ReadYaml = { document: Document } | { faults: FieldError[] };

/** Reads YAML. A fault names line, column and setting, and nothing else of the text. */
export function readYaml(source: Source): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(source.text, {
    ...{ prettyErrors: false, uniqueKeys: true, logLevel: 'silent', lineCounter: lines },
  });
  const faults = document.errors.map(({ code, pos: [at] }) =>
    faultAt(source, lines, at, MESSAGES[code] ?? OTHER),
  );
  return faults.length > 0 ? { faults } : { document };
}

function faultAt(
  { text, names }: Source,
  lines: LineCounter,
  at: number,
  message: string,
): FieldError {
  const { line, col } = lines.linePos(at);
  const setting = settingBefore(text.split('\n').slice(0, line), names());
  const place = `line ${line}, column ${col}`;
  return { path: setting ?? '', message: `${message} (${place})` };
}

/** The last line that begins with a setting. */
function settingBefore(lines: string[], names: ReadonlySet<string>): string | undefined {
  for (const line of lines.reverse()) {
    const [, name = ''] = /^[\s\-{[]*["']?(\w+)["']?\s*:/.exec(line) ?? [];
    if (names.has(name)) return name;
  }
  return undefined;
}

/** What a document holds. Values that refer to others do not exist in configurations: a password begins with `*`. */
export function contentOf(document: Document): { content: unknown } | { fault: string } {
  try {
    return { content: document.toJS() };
  } catch {
    return { fault: `${MESSAGES.BAD_ALIAS}; there may be too many references as well` };
  }
}

/** The names of all settings in a schema. */
export function settingNames(schema: z.ZodType): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties } = node as { properties?: object };
    for (const name of Object.keys(properties ?? {})) names.add(name);
    for (const child of Object.values(node)) visit(child);
  };
  visit(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }));
  return names;
}
