import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Role } from '../../core/contract/access.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { type AccessRow, accessPage, accessRows, verdictOf } from '../../docs/access-table.js';
import { routesOfBoth } from '../../docs/routes-of-both.js';
import { GOOD_PASSWORD, openSession } from '../support/access.js';
import { type RunningEdge, startEdge } from '../support/edge.js';
import { type RunningRelay, startRelay } from '../support/relay.js';

type Program = RunningEdge | RunningRelay;
type Headers = Record<string, string>;

const ROLES: Role[] = ['viewer', 'operator', 'admin'];
const CAMERA = 'door';
const HERE = { 'Sec-Fetch-Site': 'same-origin' };

/** Calls a route with ids that nothing has. */
async function call(program: Program, row: AccessRow, headers: Headers, camera = 'nothing') {
  const [method = '', template = ''] = row.call.split(' ');
  const path = template
    .replace('{camera}', camera)
    .replace(/\{(id|image)\}/g, '01890000-0000-7000-8000-000000000000')
    .replace(/\{\w+\}/g, 'nothing');
  const query = row.route.scope === 'query' ? `?camera=${camera}` : '';
  const init = { method: method.toUpperCase(), headers, redirect: 'manual' } as const;
  const response = await fetch(`${program.url}${path}${query}`, init);
  await response.body?.cancel();
  return response.status;
}

const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });

/** Credentials that are removed, expired or unknown. */
async function deadCredentials({ access, cookie }: Prepared): Promise<[string, Headers][]> {
  const { tokens, sessions, users } = access;
  const expired = await tokens.create('expired', 'admin', { lifetimeMs: -1 });
  const removed = await tokens.create('removed', 'admin');
  await tokens.remove('removed');
  const out = await openSession(access, 'a.admin');
  await sessions.endBySecret(out);
  await users.create('a.former', 'admin', GOOD_PASSWORD);
  const former = await openSession(access, 'a.former');
  await users.remove('a.former');
  return [
    ['nothing', {}],
    ['an unknown token', bearer('sg_wrong')],
    ['an expired token', bearer(expired)],
    ['a removed token', bearer(removed)],
    ['a session after log-out', { ...cookie(out), ...HERE }],
    ['a session of a removed user', { ...cookie(former), ...HERE }],
    ['an unknown session', { ...cookie('x'.repeat(43)), ...HERE }],
    [
      'a password as basic authentication',
      { Authorization: `Basic ${btoa(`a.admin:${GOOD_PASSWORD}`)}` },
    ],
    [
      'a sign-on by an address that is not listed',
      { 'Remote-User': 'a', 'Remote-Groups': 'chiefs' },
    ],
  ];
}

interface Prepared {
  access: Program['access'];
  cookie(secret: string): Headers;
}

function isAsExpected(status: number, verdict: 'yes' | 401 | 403): boolean {
  return verdict === 'yes' ? status !== 401 && status !== 403 : status === verdict;
}

async function checkAll(t: ExecutionContext, program: Program, name: string): Promise<number> {
  const { access } = program;
  const cookie = (secret: string): Headers => ({ Cookie: `${name}=${secret}` });
  for (const role of ROLES) await access.users.create(`a.${role}`, role, GOOD_PASSWORD);
  const dead = await deadCredentials({ access, cookie });
  const tokens = new Map<Role, string>();
  for (const role of ROLES) tokens.set(role, await access.tokens.create(`the-${role}`, role));
  const limited = await access.tokens.create('limited', 'admin', { cameras: [CAMERA] });
  const rows = accessRows(program.routes);
  let calls = 0;
  const expect = async (
    row: AccessRow,
    who: string,
    headers: Headers,
    verdict: 'yes' | 401 | 403,
    camera?: string,
  ) => {
    calls++;
    const status = await call(program, row, headers, camera);
    t.true(isAsExpected(status, verdict), `${row.call} with ${who}: ${status}, not ${verdict}`);
  };
  for (const row of rows) {
    const without = verdictOf(row, 'none') === 401 ? 401 : 'yes';
    for (const [who, headers] of dead) await expect(row, who, headers, without);
    for (const role of ROLES) {
      const verdict = verdictOf(row, role) === 'yes' ? 'yes' : 403;
      await expect(row, `a token of a ${role}`, bearer(tokens.get(role) ?? ''), verdict);
      // A route may end the session that it is called with.
      const session = cookie(await openSession(access, `a.${role}`));
      const isSafe = row.route.method === 'get' || row.access === 'anonymous';
      const foreign = { ...session, 'Sec-Fetch-Site': 'cross-site' };
      if (!isSafe) await expect(row, `a session of a ${role} from elsewhere`, foreign, 403);
      await expect(row, `a session of a ${role}`, { ...session, ...HERE }, verdict);
    }
    const scoped = verdictOf(row, 'cameras');
    const isOfCamera = row.route.scope === 'path' || row.route.scope === 'query';
    // There is no such image; the program notices that first.
    const isOpen = scoped === 'yes' || row.route.scope === 'filtered' || isOfImage(row);
    await expect(
      row,
      'a token for a camera',
      bearer(limited),
      isOpen || isOfCamera ? 'yes' : 403,
      CAMERA,
    );
    await expect(row, 'a token for another camera', bearer(limited), isOpen ? 'yes' : 403, 'yard');
  }
  return calls;
}

/** Whether the image of the request has the camera. */
const isOfImage = ({ route }: AccessRow) => typeof route.scope === 'function';

test('every route of the appliance answers each kind of credential as docs/access.md says', async (t) => {
  t.timeout(300_000);
  const edge = await startEdge([
    'cameras=[{ id: door, kind: push }, { id: yard, kind: push }]',
    'http.signOn={ proxies: [192.0.2.1], roles: { chiefs: admin } }',
  ]);
  t.teardown(edge.stop);
  t.true((await checkAll(t, edge, 'siteglass-edge')) > 800);
  t.true(accessRows(edge.routes).filter(isOfImage).length >= 5);
});

test('every route of the relay answers each kind of credential as docs/access.md says', async (t) => {
  t.timeout(300_000);
  const relay = await startRelay([
    'demo={ uploadsPerMinute: 100000, requestsPerMinute: 100000 }',
    'http.signOn={ proxies: [192.0.2.1], roles: { chiefs: admin } }',
  ]);
  t.teardown(relay.stop);
  t.true((await checkAll(t, relay, 'siteglass-relay')) > 700);
});

test('docs/access.md shows the routes of both programs (npm run docs writes it)', async (t) => {
  const [appliance, relay] = await routesOfBoth();
  t.is(
    readFileSync(join(projectRoot(), 'docs', 'access.md'), 'utf8'),
    accessPage(appliance, relay),
  );
});

test('every route that changes something is recorded, or known not to be', async (t) => {
  const unrecorded = new Set<string>();
  for (const groups of await routesOfBoth())
    for (const { call, route } of accessRows(groups))
      if (route.method !== 'get' && !route.audit) unrecorded.add(call);
  t.deepEqual(
    [...unrecorded].toSorted(),
    [
      // The set-up and sessions record themselves, with their user.
      'post /api/v1/setup',
      'delete /api/v1/session',
      'delete /api/v1/sessions',
      'delete /api/v1/sessions/{session}',
      // Calls that programs repeat all the time, and calls that remove nothing.
      'delete /api/v1/objectdetection/image/{id}/processed',
      'post /api/v1/cameras/{camera}/snapshot',
      'post /api/v1/cameras/{camera}/trial',
      'post /api/v1/cameras/{camera}/snapshots',
      'post /api/v1/cameras/{camera}/snapshots/{secret}',
      'post /api/v1/objectdetection/image',
      'post /api/v1/session',
      // Appliances ask this all the time; that the password is to change is recorded.
      'post /api/v1/sites/{site}/credentials',
      'post /v1/vision/custom/list',
      'post /v1/vision/custom/{detector}',
      'post /v1/vision/detection',
      'post /v1/vision/face',
      'put /api/v1/cameras/{camera}/snapshots',
      'put /api/v1/cameras/{camera}/snapshots/{secret}',
      'put /api/v1/session/password',
    ].toSorted(),
  );
});
