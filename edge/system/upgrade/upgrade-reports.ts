import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** A report of root's part (packaging/bin/siteglass-edge-upgrade): lines `name: value`, an empty line, output of apt. */
export interface UpgradeReport {
  fields: Readonly<Record<string, string>>;
  output: string;
  /** Changes with each report, also with one that says the same. */
  edition: string;
}

/** The script writes at most some 10 KB. */
const MAX_BYTES = 65_536;

/** A report in a folder that root writes: `check` or `upgrade`. Undefined if there is none yet. */
export function readReport(folder: string, name: 'check' | 'upgrade'): UpgradeReport | undefined {
  let file: number;
  try {
    file = openSync(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(MAX_BYTES);
    const text = bytes.toString('utf8', 0, readSync(file, bytes));
    const { ino, mtimeMs } = fstatSync(file);
    return { ...parsed(text), edition: `${ino} ${mtimeMs}` };
  } finally {
    closeSync(file);
  }
}

function parsed(text: string): Pick<UpgradeReport, 'fields' | 'output'> {
  const end = text.indexOf('\n\n');
  const lines = (end < 0 ? text : text.slice(0, end)).split('\n');
  const fields: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, name, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields[name] = value;
  }
  return { fields, output: end < 0 ? '' : text.slice(end + 2).trim() };
}
