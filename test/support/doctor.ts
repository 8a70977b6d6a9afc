import type { ExecutionContext } from 'ava';
import type { Finding } from '../../core/doctor/finding.js';
import { type ProgramName, runToEnd } from './program.js';

export interface Diagnosis {
  code: unknown;
  /** All that was printed. */
  output: string;
  /** What was found of one thing, as `STATE TEXT`. */
  of(about: string): string[];
}

/** Runs a program's doctor as an operator does, on these settings. */
export async function runDoctor(
  t: ExecutionContext,
  name: ProgramName,
  settings: string[],
  environment: Record<string, string> = {},
): Promise<Diagnosis> {
  const args = ['doctor', '--json', ...settings.map((setting) => `--set=${setting}`)];
  const { code, output, errors } = await runToEnd(t, name, args, environment);
  t.is(errors, '');
  const { findings } = JSON.parse(output) as { findings: Finding[] };
  return {
    code,
    output,
    of: (about) =>
      findings.filter((f) => f.about === about).map(({ state, text }) => `${state} ${text}`),
  };
}
