import type { ExecutionContext } from 'ava';
import type { Tokens } from '../../core/access/tokens.js';
import type { Role } from '../../core/contract/access.js';
import type { Access } from '../../core/http/access.js';
import type { ApiClient } from './api-client.js';

const LESS: Record<Role, Role | undefined> = {
  viewer: undefined,
  operator: 'viewer',
  admin: 'operator',
};

/** A path that exists as a pattern, with ids that nothing has. */
const pathOf = (template: string) =>
  template.replace('{id}', '01890000-0000-7000-8000-000000000000').replace(/\{\w+\}/g, 'nothing');

const STATUS_CALLS = ['', '/ping', '/version', '/updateavailable'].flatMap((call) => [
  `get /v1/status${call}`,
  `get /v1/server/status${call}`,
]);

/** What the calls of both programs outside `/api` need; `upload` is for those of DeepStack that need a token. */
export const rolesOutsideApi = (upload: Access): Record<string, Access> => ({
  'post /v1/vision/detection': upload,
  'post /v1/vision/face': upload,
  'post /v1/vision/custom/{detector}': upload,
  'get /v1/vision/custom/list': upload,
  'post /v1/vision/custom/list': upload,
  ...Object.fromEntries(STATUS_CALLS.map((call) => [call, 'anonymous' as const])),
  'get /healthz': 'anonymous',
  'get /readyz': 'anonymous',
  'get /metrics': 'viewer',
});

/** What the calls of both programs about users, sessions, tokens and the audit log need. */
export const accessRoles: Record<string, Access> = {
  'post /api/v1/session': 'anonymous',
  'get /api/v1/session': 'viewer',
  'get /api/v1/session/current': 'anonymous',
  'delete /api/v1/session': 'viewer',
  'put /api/v1/session/password': 'viewer',
  'get /api/v1/sessions': 'viewer',
  'delete /api/v1/sessions': 'viewer',
  'delete /api/v1/sessions/{session}': 'viewer',
  'get /api/v1/users': 'admin',
  'post /api/v1/users': 'admin',
  'put /api/v1/users/{user}/password': 'admin',
  'put /api/v1/users/{user}/role': 'admin',
  'delete /api/v1/users/{user}': 'admin',
  'get /api/v1/tokens': 'admin',
  'post /api/v1/tokens': 'admin',
  'delete /api/v1/tokens/{token}': 'admin',
  'get /api/v1/audit': 'admin',
};

/** What the calls of both programs about notifications need. */
export const notificationRoles: Record<string, Access> = {
  'get /api/v1/notifications': 'viewer',
  'post /api/v1/notifications/rules': 'admin',
  'put /api/v1/notifications/rules/{rule}': 'admin',
  'delete /api/v1/notifications/rules/{rule}': 'admin',
  'post /api/v1/notifications/ways': 'admin',
  'put /api/v1/notifications/ways/{way}': 'admin',
  'delete /api/v1/notifications/ways/{way}': 'admin',
  'post /api/v1/notifications/ways/{way}/test': 'operator',
  'get /api/v1/notifications/deliveries': 'viewer',
  'post /api/v1/notifications/deliveries/{delivery}/retry': 'operator',
  'delete /api/v1/notifications/deliveries/{delivery}': 'operator',
};

/**
 * Calls every documented operation without a token, with a wrong one, with the role below the one that it needs,
 * and with just that. `expected` names what each needs; it must name them all.
 */
export async function checkRoles(
  t: ExecutionContext,
  api: ApiClient,
  tokens: Tokens,
  expected: Record<string, Access>,
): Promise<void> {
  const documented = Object.entries(api.document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  t.deepEqual(documented.sort(), Object.keys(expected).sort());
  const bearer: Record<Role, string> = {
    viewer: await tokens.create('a viewer', 'viewer'),
    operator: await tokens.create('an operator', 'operator'),
    admin: await tokens.create('an admin', 'admin'),
  };
  for (const [operation, access] of Object.entries(expected)) {
    const [method = '', template = ''] = operation.split(' ');
    const call = async (authorization?: string) => {
      const headers = { Authorization: authorization ?? '' };
      return api.call(t, method.toUpperCase(), pathOf(template), { headers });
    };
    const anonymous = await call();
    if (access === 'anonymous') {
      t.not(anonymous.status, 401, operation);
      continue;
    }
    t.is(anonymous.status, 401, operation);
    // Cameras may be able to send nothing else.
    const basic = template.endsWith('/cameras/{camera}/snapshots')
      ? ', Basic realm="siteglass"'
      : '';
    t.is(anonymous.headers.get('WWW-Authenticate'), `Bearer${basic}`, operation);
    const wrong = await call('Bearer sg_wrong');
    t.is(wrong.status, 401, operation);
    const invalid = `Bearer error="invalid_token"${basic}`;
    t.is(wrong.headers.get('WWW-Authenticate'), invalid, operation);
    t.is((await call(`Basic ${btoa('admin:admin')}`)).status, 401, operation);
    const less = LESS[access];
    if (less) t.is((await call(`Bearer ${bearer[less]}`)).status, 403, operation);
    const enough = (await call(`Bearer ${bearer[access]}`)).status;
    t.false([401, 403].includes(enough), `${operation}: ${enough}`);
  }
}
