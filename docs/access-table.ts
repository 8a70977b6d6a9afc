import type { Role } from '../core/contract/access.js';
import { type Access, allows } from '../core/http/access.js';
import type { RouteGroup } from '../core/http/openapi.js';
import type { Route } from '../core/http/route.js';

/** What lets a caller in, as far as a route can tell them apart. */
export type Credential =
  | 'none'
  | Role
  /** A token that is limited to cameras, with a role that is enough. */
  | 'cameras';

/** `own`: only for what belongs to the cameras of the token. */
export type Verdict = 'yes' | 'own' | 401 | 403;

/** A mounted route, as its code describes it. */
export interface AccessRow {
  /** e.g. `get /api/v1/cameras/{camera}`. */
  call: string;
  access: Access;
  route: Route;
}

const COLUMNS: [title: string, credential: Credential][] = [
  ['without', 'none'],
  ['viewer', 'viewer'],
  ['operator', 'operator'],
  ['admin', 'admin'],
  ['for cameras', 'cameras'],
];

export const accessRows = (groups: RouteGroup[]): AccessRow[] =>
  groups.flatMap(({ prefix, routes }) =>
    routes.map((route) => ({
      call: `${route.method} ${prefix}${route.path}`,
      access: route.access,
      route,
    })),
  );

/** What a route answers to a caller. */
export function verdictOf(
  { access, route: { scope } }: AccessRow,
  credential: Credential,
): Verdict {
  if (access === 'anonymous') return 'yes';
  if (credential === 'none') return 401;
  if (credential !== 'cameras') return allows({ role: credential }, access) ? 'yes' : 403;
  if (scope === undefined) return 403;
  return 'own';
}

const MARKS: Record<Verdict, string> = { yes: 'yes', own: 'own', 401: '401', 403: '403' };

function table(groups: RouteGroup[]): string {
  const head = ['call', ...COLUMNS.map(([title]) => title), 'recorded as'];
  const rows = accessRows(groups).map((row) => {
    const [method = '', path = ''] = row.call.split(' ');
    const verdicts = COLUMNS.map(([, credential]) => MARKS[verdictOf(row, credential)]);
    const audit = row.route.audit ? `\`${row.route.audit}\`` : '–';
    return [`\`${method.toUpperCase()} ${path}\``, ...verdicts, audit];
  });
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** docs/access.md, from the routes that both programs mount. */
export const accessPage = (
  appliance: RouteGroup[],
  relay: RouteGroup[],
): string => `# Who may call what

This page is written from the routes of both programs. A test compares it with them, and calls every route with each kind of
credential.

- **without**: no credential, an unknown, expired or removed token, a session that has ended, and headers of a proxy that is not listed.
- **viewer**, **operator**, **admin**: a token, a session or a single sign-on with this role. A request with a session or a sign-on that
  changes something must also come from a page of the same host, otherwise 403.
- **for cameras**: a token that is limited to cameras, with a role that is enough. *own*: only what belongs to these cameras; for anything
  else 403.
- **recorded as**: the action in the audit log. Logins and refusals are recorded as well.

Cameras of kind \`push\` may also upload with their \`pushSecret\`, and send it or a token as the password of basic authentication. The calls
of DeepStack also take a token as \`api_key\` in the form.

## The appliance

${table(appliance)}

## The relay

${table(relay)}
`;
