import { type AuditAction, type Role, roleSchema, userNameSchema } from '../contract/access.js';
import { toIsoString } from '../runtime/clock.js';
import type { CommandOptions } from '../runtime/command-line.js';
import { StartError } from '../runtime/errors.js';
import { adviseToForce } from './advise-to-force.js';
import type { CommandAccess } from './command-access.js';
import { type PasswordInput, readPassword } from './read-password.js';

const USAGE =
  'expected "user", "user add NAME --role viewer|operator|admin", "user password NAME", "user role NAME --role ROLE", "user logout NAME" or "user remove NAME"';

interface Call {
  name: string;
  role: Role | undefined;
  force: boolean;
  input: PasswordInput;
}

interface Done {
  action: AuditAction;
  subject: string;
  text: string;
}

/**
 * Lists, adds, changes and removes users. A running program sees the change with the next request. A password is read
 * from a terminal, the standard input or a file. Throws StartError or ProblemError.
 */
export async function userCommand(
  access: CommandAccess,
  { words: [action, name, ...more], role, force = false, ...options }: CommandOptions,
  input: PasswordInput = { file: options['password-file'] },
): Promise<string> {
  if (action === undefined || (action === 'list' && name === undefined)) return list(access);
  if (name === undefined || more.length > 0) throw new StartError(USAGE);
  const isRoleNeeded = action === 'add' || action === 'role';
  const { data } = roleSchema.safeParse(role);
  if (isRoleNeeded !== (data !== undefined)) throw new StartError(USAGE);
  const { error } = userNameSchema.safeParse(name);
  if (error) throw new StartError(`${name}: ${error.issues[0]?.message}`);
  const done = await act(access, action, { name, role: data, force, input });
  access.audit.record({ action: done.action, actor: access.actor, subject: done.subject });
  await access.audit.flush();
  return done.text;
}

async function act({ users, sessions }: CommandAccess, action: string, call: Call): Promise<Done> {
  const { name, role = 'viewer', force, input } = call;
  switch (action) {
    case 'add':
      await users.create(name, role, await readPassword(input));
      return done('user_added', `${name} (${role})`, `The user "${name}" was added.`);
    case 'password':
      await users.require(name);
      await users.setPassword(name, await readPassword(input));
      return done('user_password_changed', name, `The password of "${name}" was changed.`);
    case 'role':
      await adviseToForce(users.setRole(name, role, { force }));
      return done('user_role_changed', `${name} (${role})`, `"${name}" has the role "${role}".`);
    case 'logout': {
      await users.require(name);
      const ended = await sessions.endAllOf(name);
      return done('sessions_ended', name, `Ended sessions of "${name}": ${ended}.`);
    }
    case 'remove':
      await adviseToForce(users.remove(name, { force }));
      return done('user_removed', name, `The user "${name}" was removed.`);
    default:
      throw new StartError(USAGE);
  }
}

const done = (action: AuditAction, subject: string, text: string): Done => ({
  action,
  subject,
  text,
});

async function list({ users }: CommandAccess): Promise<string> {
  const rows = (await users.list()).map(({ name, role, created_at, password_at }) => [
    name,
    role,
    toIsoString(created_at),
    toIsoString(password_at),
  ]);
  return [['name', 'role', 'created', 'password set'], ...rows]
    .map(
      ([name = '', role = '', created = '', password = '']) =>
        `${name.padEnd(32)} ${role.padEnd(10)}${created.padEnd(26)}${password}`,
    )
    .join('\n');
}
