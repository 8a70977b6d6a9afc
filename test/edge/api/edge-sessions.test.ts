import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import type { Problem } from '../../../core/contract/problem.js';
import { openSqlite } from '../../../core/store/database.js';
import { GOOD_PASSWORD } from '../../support/access.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';

interface Context {
  edge: RunningEdge;
  admin: ApiClient;
  anybody: ApiClient;
}

const test = anyTest as TestFn<Context>;
const API = '/api/v1';

test.before(async (t) => {
  const edge = await startEdge(['site=harbour']);
  t.context = {
    edge,
    admin: await ApiClient.connect(edge.url, edge.adminToken),
    anybody: await ApiClient.connect(edge.url),
  };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

const addUser = async (t: ExecutionContext<Context>, name: string, role: string) => {
  const user = { name, role, password: GOOD_PASSWORD };
  const added = await t.context.admin.post(t, `${API}/users`, user);
  t.is(added.status, 201);
};

/** Logs in as a browser does. Resolves with the headers of its next requests. */
async function logIn(t: ExecutionContext<Context>, user: string, password = GOOD_PASSWORD) {
  const { anybody, edge } = t.context;
  const answer = await anybody.call<Problem>(t, 'POST', `${API}/session`, {
    body: JSON.stringify({ user, password }),
    headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
  });
  const [cookie = '', ...attributes] = (answer.headers.get('Set-Cookie') ?? '').split('; ');
  return { ...answer, attributes, headers: { Cookie: cookie, Origin: edge.url } };
}

test.serial('a user logs in with a cookie that scripts and other sites cannot use', async (t) => {
  const { anybody } = t.context;
  await addUser(t, 'mara', 'operator');
  const { status, headers, attributes, json } = await logIn(t, 'mara');
  t.is(status, 200);
  t.like(json, { name: 'mara', role: 'operator', kind: 'user' });
  t.regex(headers.Cookie, /^siteglass-edge=[\w-]{43}$/);
  t.deepEqual(attributes, ['Path=/', 'Max-Age=2592000', 'HttpOnly', 'SameSite=Strict']);
  t.is((await anybody.get(t, `${API}/session`)).status, 401);
  const caller = await anybody.get(t, `${API}/session`, headers);
  t.like(caller.json, { name: 'mara', role: 'operator', kind: 'user', cameras: null });
  const refused = await anybody.get<Problem>(t, `${API}/users`, headers);
  t.is(refused.status, 403);
  t.is(refused.json.detail, 'The role "admin" is required.');
  t.is((await logIn(t, ' MARA ')).status, 200, 'keyboards begin with capitals');
});

test.serial('a log-out ends the session, and a log-out everywhere ends all of them', async (t) => {
  const { anybody } = t.context;
  await addUser(t, 'noor', 'viewer');
  const [phone, tablet, wall] = [
    await logIn(t, 'noor'),
    await logIn(t, 'noor'),
    await logIn(t, 'noor'),
  ];
  const statusOf = async ({ headers }: { headers: Record<string, string> }) =>
    (await anybody.get(t, `${API}/session`, headers)).status;
  const out = await anybody.call(t, 'DELETE', `${API}/session`, { headers: phone.headers });
  t.is(out.status, 200);
  t.regex(out.headers.get('Set-Cookie') ?? '', /^siteglass-edge=; Path=\/; Max-Age=0;/);
  t.is(await statusOf(phone), 401);
  t.is(await statusOf(tablet), 200);
  const everywhere = await anybody.call<{ ended: number }>(t, 'DELETE', `${API}/sessions`, {
    headers: tablet.headers,
  });
  t.is(everywhere.json.ended, 2);
  for (const session of [tablet, wall]) t.is(await statusOf(session), 401);
});

test.serial('a user sees and ends own sessions, an administrator those of everybody', async (t) => {
  const { anybody, admin } = t.context;
  await addUser(t, 'ines', 'viewer');
  await addUser(t, 'omar', 'viewer');
  const [ines, omar] = [await logIn(t, 'ines'), await logIn(t, 'omar')];
  type Listed = { sessions: { id: string; user: string; current: boolean }[] };
  const own = await anybody.get<Listed>(t, `${API}/sessions`, ines.headers);
  t.deepEqual(
    own.json.sessions.map(({ user, current }) => [user, current]),
    [['ines', true]],
  );
  const all = await admin.get<Listed>(t, `${API}/sessions`);
  const ofOmar = all.json.sessions.find(({ user }) => user === 'omar')?.id;
  const end = `${API}/sessions/${ofOmar}`;
  t.is((await anybody.call(t, 'DELETE', end, { headers: ines.headers })).status, 404);
  t.is((await anybody.get(t, `${API}/session`, omar.headers)).status, 200);
  t.is((await admin.delete(t, end)).status, 200);
  t.is((await anybody.get(t, `${API}/session`, omar.headers)).status, 401);
});

test.serial('a page of another site cannot use the session', async (t) => {
  const { anybody, edge } = t.context;
  await addUser(t, 'rosa', 'operator');
  const { Cookie } = (await logIn(t, 'rosa')).headers;
  const { port } = edge.http.address;
  const pause = async (headers: Record<string, string>) =>
    (
      await anybody.call(t, 'POST', `${API}/cameras/none/pause`, {
        headers: { Cookie, ...headers },
      })
    ).status;
  t.is(await pause({ Origin: edge.url }), 404, 'passed');
  t.is(await pause({ 'Sec-Fetch-Site': 'same-origin' }), 404, 'passed');
  const foreign: Record<string, string>[] = [
    {},
    { Origin: 'null' },
    { Origin: 'https://evil.example' },
    { Origin: `http://127.0.0.1:${port + 1}` },
    { Origin: `http://127.0.0.1:${port}.evil.example` },
    { Origin: edge.url, 'Sec-Fetch-Site': 'same-site' },
    { Origin: edge.url, 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'none' },
  ];
  for (const headers of foreign) t.is(await pause(headers), 403, JSON.stringify(headers));
  const json = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ user: 'rosa', password: GOOD_PASSWORD });
  for (const [name, value] of [
    ['Sec-Fetch-Site', 'cross-site'],
    ['Origin', 'https://evil.example'],
  ] as const) {
    const init = { body, headers: { ...json, [name]: value } };
    t.is((await anybody.call(t, 'POST', `${API}/session`, init)).status, 403, 'log-in');
  }
});

test.serial(
  'the document names the cookie of sessions, for routes that need a log-in',
  async (t) => {
    const { json } = await t.context.anybody.get<{
      paths: Record<string, Record<string, { security: object[] }>>;
      components: { securitySchemes: Record<string, object> };
    }>(t, '/openapi.json');
    t.like(json.components.securitySchemes.session, {
      type: 'apiKey',
      in: 'cookie',
      name: 'siteglass-edge',
    });
    const security = (path: string, method: string) => json.paths[path]?.[method]?.security;
    t.deepEqual(security(`${API}/session`, 'get'), [{ token: [] }, { session: [] }]);
    t.deepEqual(security(`${API}/session`, 'post'), []);
  },
);

test.serial('two different cookies of the same name are none', async (t) => {
  const { anybody } = t.context;
  await addUser(t, 'juno', 'viewer');
  const mine = (await logIn(t, 'juno')).headers.Cookie;
  const other = (await logIn(t, 'juno')).headers.Cookie;
  const status = async (Cookie: string) =>
    (await anybody.get(t, `${API}/session`, { Cookie })).status;
  t.is(await status(`theme=dark; ${mine}; lang=pt`), 200);
  t.is(await status(`${mine}; ${mine}`), 200);
  t.is(await status(`${mine}; ${other}`), 401);
  for (const shape of [mine.toUpperCase(), `__Host-${mine}`, `${mine}x`, mine.replace('=', ' = ')])
    t.is(await status(shape), 401, shape);
});

test.serial(
  'wrong log-ins get one answer, and are slowed down for that account and address',
  async (t) => {
    await addUser(t, 'vera', 'viewer');
    const wrong = await logIn(t, 'vera', 'not her password');
    const nobody = await logIn(t, 'nobody-at-all', 'not her password');
    t.is(wrong.status, 401);
    t.deepEqual(nobody.json, wrong.json);
    for (let i = 0; i < 2; i++) t.is((await logIn(t, 'vera', 'not her password')).status, 401);
    const delayed = await logIn(t, 'vera');
    t.is(delayed.status, 429);
    t.is(delayed.headers.Cookie, '');
    t.is(delayed.json.code, 'rate_limited');
  },
);

test.serial('an open event stream ends with its session, its token and its user', async (t) => {
  const { edge, admin } = t.context;
  await addUser(t, 'lena', 'viewer');
  const bearer = async (name: string) => ({
    Authorization: `Bearer ${await edge.tokens.create(name, 'viewer')}`,
  });
  const endings: [Record<string, string>, () => Promise<unknown>][] = [
    [await bearer('wall'), () => admin.delete(t, `${API}/tokens/wall`)],
    [(await logIn(t, 'lena')).headers, () => admin.delete(t, `${API}/users/lena`)],
  ];
  const kept = await fetch(`${edge.url}${API}/events/stream`, { headers: await bearer('kept') });
  for (const [headers, end] of endings) {
    const response = await fetch(`${edge.url}${API}/events/stream`, { headers });
    t.is(response.status, 200);
    const reader = response.body?.getReader();
    t.regex(new TextDecoder().decode((await reader?.read())?.value), /^retry/);
    const at = performance.now();
    await end();
    await t.throwsAsync(async () => {
      while (!(await reader?.read())?.done);
    });
    t.true(performance.now() - at < 1_000);
  }
  const reader = kept.body?.getReader();
  t.regex(new TextDecoder().decode((await reader?.read())?.value), /^retry/);
  await reader?.cancel();
});

test.serial('an event stream ends when another process removes its token', async (t) => {
  const { edge } = t.context;
  const token = await edge.tokens.create('by-command', 'viewer');
  const headers = { Authorization: `Bearer ${token}` };
  const response = await fetch(`${edge.url}${API}/events/stream`, { headers });
  const reader = response.body?.getReader();
  await reader?.read();
  const other = openSqlite(`${edge.dataFolder}/edge.db`);
  other.prepare("delete from token where name = 'by-command'").run();
  other.close();
  let hasEnded = false;
  reader?.read().then(
    () => undefined,
    () => {
      hasEnded = true;
    },
  );
  await eventually(() => hasEnded);
  t.pass();
});

test.serial('the last administrator cannot be removed over REST', async (t) => {
  const { admin } = t.context;
  const { status, json } = await admin.delete<Problem>(t, `${API}/tokens/admin`);
  t.is(status, 409);
  t.is(json.code, 'last_administrator');
  t.regex(json.detail ?? '', /last administrator: nobody could administer/);
});

test.serial('weak passwords are refused with the reason', async (t) => {
  const { admin } = t.context;
  for (const password of ['short', 'unbelievable', 'at the harbour!', 'zoe.b and friends']) {
    const user = { name: 'zoe.b', role: 'viewer', password };
    const { status, json } = await admin.post<Problem>(t, `${API}/users`, user);
    t.is(status, 422, password);
    t.is(json.errors?.[0]?.path, 'password');
    t.false(JSON.stringify(json).includes(password));
  }
  t.is((await admin.delete(t, `${API}/users/zoe.b`)).status, 404);
});

test.serial('who did what is listed for administrators, without secrets', async (t) => {
  const { admin, anybody, edge } = t.context;
  await addUser(t, 'paul', 'viewer');
  const { headers } = await logIn(t, 'paul');
  await anybody.get(t, `${API}/users`, headers);
  await logIn(t, 'paul', 'a wrong password');
  await logIn(t, 'paul', 'a wrong password');
  await anybody.call(t, 'POST', `${API}/config/reload`, {
    headers: { Authorization: 'Bearer sg_unknown' },
  });
  await admin.post(t, `${API}/config/reload`);
  type Listed = {
    entries: { action: string; actor: Record<string, unknown>; subject: string; count: number }[];
    next: string | null;
  };
  const { json, bytes } = await admin.get<Listed>(t, `${API}/audit`);
  const find = (action: string, name: string) =>
    json.entries.find((entry) => entry.action === action && entry.actor.name === name);
  const address = '127.0.0.1';
  t.like(find('user_added', 'admin'), { actor: { kind: 'token', address } });
  t.like(find('log_in', 'paul'), { actor: { kind: 'user', address } });
  t.like(find('log_in_refused', 'paul'), { count: 2 });
  t.like(find('role_refused', 'paul'), { subject: `GET ${API}/users` });
  t.like(find('token_refused', '(unknown)'), { subject: `POST ${API}/config/reload` });
  t.truthy(find('configuration_reloaded', 'admin'));
  for (const secret of [edge.adminToken, GOOD_PASSWORD, 'a wrong password', 'sg_unknown'])
    t.false(bytes.includes(secret));
  const page = await admin.get<Listed>(t, `${API}/audit?limit=1&actor=paul`);
  t.is(page.json.entries.length, 1);
  const next = await admin.get<Listed>(
    t,
    `${API}/audit?limit=1&actor=paul&after=${page.json.next}`,
  );
  t.notDeepEqual(next.json.entries, page.json.entries);
});
