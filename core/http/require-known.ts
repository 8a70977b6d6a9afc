import { ProblemError } from '../runtime/errors.js';
import { unknownName } from '../runtime/unknown-name.js';

/** A name in a query, or several, and the valid ones. */
export interface QueriedName {
  path: 'camera' | 'label';
  name: string | readonly string[] | undefined;
  known: () => Promise<string[]>;
}

/** Throws `invalid_parameter` for names that nothing has. */
export async function requireKnown(queried: QueriedName[]): Promise<void> {
  const errors: { path: string; message: string }[] = [];
  for (const { path, name, known } of queried) {
    if (name === undefined) continue;
    const valid = [...new Set(await known())].sort();
    for (const one of [name].flat())
      if (!valid.includes(one))
        errors.push({ path, message: unknownName(`there is no ${path} "${one}"`, one, valid) });
  }
  if (errors.length === 0) return;
  const summary = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new ProblemError('invalid_parameter', `In the query: ${summary}`, { errors });
}
