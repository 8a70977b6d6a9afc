import { roleSchema } from '../contract/access.js';
import { nameSchema } from '../contract/names.js';
import { toIsoString, toIsoStringOrNull } from '../runtime/clock.js';
import type { CommandOptions } from '../runtime/command-line.js';
import { StartError } from '../runtime/errors.js';
import { adviseToForce } from './advise-to-force.js';
import type { CommandAccess } from './command-access.js';
import { camerasIn, MAX_SCOPE, type TokenTerms } from './tokens.js';

const USAGE =
  'expected "token", "token add NAME --role viewer|operator|admin" or "token remove NAME"';
const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;

type Terms = Pick<CommandOptions, 'role' | 'cameras' | 'days'>;

/**
 * Lists, adds and removes tokens. A running program sees the change with the next request. The text contains a token
 * once, when it is created. Throws StartError.
 */
export async function tokenCommand(
  access: CommandAccess,
  { words: [action, name, ...more], role, cameras, days, force = false }: CommandOptions,
): Promise<string> {
  const { tokens, audit, actor } = access;
  const hasTerms = [role, cameras, days].some((value) => value !== undefined);
  if (action === undefined && !hasTerms) return list(access);
  if (name === undefined || more.length > 0) throw new StartError(USAGE);
  if (action === 'remove' && !hasTerms) {
    if (!(await adviseToForce(tokens.remove(name, { force }))))
      throw new StartError(`there is no token "${name}"`);
    audit.record({ action: 'token_removed', actor, subject: name });
    await audit.flush();
    return `The token "${name}" was removed.`;
  }
  return action === 'add' ? add(access, name, { role, cameras, days }) : refuse();
}

const refuse = (): never => {
  throw new StartError(USAGE);
};

async function add(access: CommandAccess, name: string, terms: Terms): Promise<string> {
  const { data: role } = roleSchema.safeParse(terms.role);
  if (!role) return refuse();
  checkName(name);
  const { tokens, audit, actor } = access;
  const token = await tokens.create(name, role, termsOf(access, terms));
  audit.record({ action: 'token_added', actor, subject: `${name} (${role})` });
  await audit.flush();
  return token;
}

function termsOf({ hasCameras }: CommandAccess, { cameras, days }: Terms): TokenTerms {
  if (cameras !== undefined && !hasCameras)
    throw new StartError('--cameras: this program has no cameras');
  const names = cameras?.split(',');
  for (const name of names ?? []) checkName(name);
  if (names && names.length > MAX_SCOPE)
    throw new StartError(`--cameras: at most ${MAX_SCOPE} cameras are accepted`);
  const number = Number(days ?? 1);
  if (!(number > 0 && number <= MAX_DAYS))
    throw new StartError(`--days: expected a number above 0, at most ${MAX_DAYS}`);
  return { cameras: names, lifetimeMs: days === undefined ? undefined : number * DAY_MS };
}

function checkName(name: string): void {
  const { error } = nameSchema.safeParse(name);
  if (error) throw new StartError(`${name}: ${error.issues[0]?.message}`);
}

async function list({ tokens }: CommandAccess): Promise<string> {
  const rows = (await tokens.list()).map(({ name, role, cameras, ...at }) => [
    name,
    role,
    toIsoString(at.created_at),
    toIsoStringOrNull(at.expires_at) ?? 'never',
    toIsoStringOrNull(at.last_used_at) ?? 'never',
    cameras === null ? 'all' : camerasIn(cameras).join(','),
  ]);
  return [['name', 'role', 'created', 'expires', 'last used', 'cameras'], ...rows]
    .map(
      ([name = '', role = '', created = '', expires = '', used = '', cameras = '']) =>
        `${name.padEnd(32)} ${role.padEnd(10)}${created.padEnd(26)}${expires.padEnd(26)}${used.padEnd(26)}${cameras}`,
    )
    .join('\n');
}
