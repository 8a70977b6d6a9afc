import { nameSchema } from '../contract/names.js';
import { toIsoString } from '../runtime/clock.js';
import type { CommandOptions } from '../runtime/command-line.js';
import { StartError } from '../runtime/errors.js';
import { roleSchema } from './access.js';
import type { Tokens } from './tokens.js';

const USAGE =
  'expected "token", "token add NAME --role viewer|operator|admin" or "token remove NAME"';

/**
 * Lists, adds and removes tokens. A running program sees the change with the next request. The text contains a token
 * once, when it is created. Throws StartError.
 */
export async function tokenCommand(
  tokens: Pick<Tokens, 'list' | 'create' | 'remove'>,
  { words: [action, name, ...more], role }: CommandOptions,
): Promise<string> {
  if (action === undefined && role === undefined) return list(tokens);
  if (name === undefined || more.length > 0) throw new StartError(USAGE);
  if (action === 'remove' && role === undefined) {
    if (!(await tokens.remove(name))) throw new StartError(`there is no token "${name}"`);
    return `The token "${name}" was removed.`;
  }
  if (action !== 'add' || !roleSchema.safeParse(role).success) throw new StartError(USAGE);
  const { error } = nameSchema.safeParse(name);
  if (error) throw new StartError(`${name}: ${error.issues[0]?.message}`);
  return tokens.create(name, roleSchema.parse(role));
}

async function list(tokens: Pick<Tokens, 'list'>): Promise<string> {
  const rows = (await tokens.list()).map(({ name, role, created_at }) => [
    name,
    role,
    toIsoString(created_at),
  ]);
  return [['name', 'role', 'created'], ...rows]
    .map(
      ([name = '', role = '', created = '']) => `${name.padEnd(32)} ${role.padEnd(10)}${created}`,
    )
    .join('\n');
}
