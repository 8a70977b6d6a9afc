import { request } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';
import type { Principal } from '../../../core/http/access.js';
import { route } from '../../../core/http/route.js';
import { parseConfiguration } from '../../../core/runtime/configuration.js';
import { signOnSettings } from '../../../core/runtime/settings.js';
import { startAccess } from '../../support/access.js';
import { serveRoute } from '../../support/route-server.js';

const SIGN_ON = {
  proxies: ['127.0.0.2', '127.1.0.0/16', '::1'],
  userHeader: 'Remote-User',
  groupsHeader: 'Remote-Groups',
  roles: { staff: 'operator', guards: 'viewer', chiefs: 'admin' },
} as const;

interface Answer {
  status: number;
  caller?: Principal & { ip: string };
  code?: string;
}

/** Serves a route for operators; the caller chooses the address that it calls from. */
async function serve(t: ExecutionContext, options: { defaultRole?: 'viewer' } = {}) {
  const signOn = { ...SIGN_ON, proxies: [...SIGN_ON.proxies], ...options };
  const access = await startAccess(t, { signOn });
  const echo = route({
    method: 'post',
    path: '/echo',
    tag: 'test',
    summary: 'Who calls',
    access: 'operator',
    responses: { 200: z.object({}) },
    handle: (_, ctx) => ({ ...ctx.state.principal, ip: ctx.ip }),
  });
  const { authentication, guards } = access;
  const port = await serveRoute(t, echo, { authentication, guards });
  const call = (localAddress: string, headers: Record<string, string | string[]>) =>
    new Promise<Answer>((resolve, reject) => {
      const own = { 'Sec-Fetch-Site': 'same-origin', ...headers };
      const to = { host: '127.0.0.1', port, path: '/echo', method: 'POST', localAddress };
      request({ ...to, headers: own, agent: false }, (res) => {
        let body = '';
        res.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        res.on('end', () => {
          const json = JSON.parse(body);
          const status = res.statusCode ?? 0;
          resolve(status === 200 ? { status, caller: json } : { status, code: json.code });
        });
      })
        .on('error', reject)
        .end();
    });
  return { ...access, call };
}

test('a listed proxy says who the caller is, and the groups give the role', async (t) => {
  const { call } = await serve(t);
  const cases: [string, string | undefined][] = [
    ['staff', 'operator'],
    ['guards, staff ,unknown', 'operator'],
    ['guards,chiefs,staff', 'admin'],
    ['guards', undefined],
    ['', undefined],
    ['Staff', undefined],
    ['__proto__,constructor', undefined],
  ];
  for (const [groups, role] of cases) {
    const headers = { 'Remote-User': 'mara', 'Remote-Groups': groups };
    const { status, caller } = await call('127.0.0.2', headers);
    t.is(status, role ? 200 : 403, groups);
    if (role) t.like(caller, { name: 'mara', role, kind: 'proxy' });
  }
  const utf8 = Buffer.from('Zoë Müller').toString('latin1');
  const named = await call('127.1.4.5', { 'Remote-User': utf8, 'Remote-Groups': 'staff' });
  t.is(named.caller?.name, 'Zoë Müller');
});

test('from any other address the headers are ignored, and the refusal is recorded', async (t) => {
  const { call, audit, tokens } = await serve(t);
  const headers = { 'Remote-User': 'mara', 'Remote-Groups': 'chiefs' };
  for (const address of ['127.0.0.1', '127.0.0.3', '127.2.0.1'])
    t.is((await call(address, headers)).status, 401, address);
  const forged = { ...headers, 'X-Forwarded-For': '127.0.0.2' };
  t.is((await call('127.0.0.3', forged)).status, 401, 'a forwarded address is no proxy');
  const token = await tokens.create('press', 'operator');
  const withToken = await call('127.0.0.3', { ...headers, Authorization: `Bearer ${token}` });
  t.like(withToken.caller, { name: 'press', kind: 'token', role: 'operator' });
  const entries = await audit.page({ limit: 50, action: 'proxy_refused' });
  t.deepEqual(entries.map(({ address, count }) => [address, count]).toSorted(), [
    ['127.0.0.1', 1],
    ['127.0.0.3', 2],
    ['127.2.0.1', 1],
  ]);
});

test('headers that a client may have slipped past the proxy are refused or ignored', async (t) => {
  const { call } = await serve(t);
  const groups = { 'Remote-Groups': 'staff' };
  const refused: Record<string, string | string[]>[] = [
    { ...groups, 'Remote-User': ['mara', 'admin'] },
    { ...groups, 'Remote-User': 'mara, admin' },
    { ...groups, 'Remote-User': 'mara;admin' },
    { 'Remote-User': 'mara', 'Remote-Groups': ['staff', 'chiefs'] },
    { ...groups, 'Remote-User': 'x'.repeat(200) },
    { ...groups, 'Remote-User': 'a\tb' },
    { ...groups, 'Remote-User': '\xff\xfe' },
  ];
  for (const headers of refused)
    t.is((await call('127.0.0.2', headers)).status, 403, JSON.stringify(headers));
  const ignored: Record<string, string>[] = [
    { Remote_User: 'mara', Remote_Groups: 'chiefs' },
    { 'X-Remote-User': 'mara', ...groups },
    { HTTP_REMOTE_USER: 'mara' },
    { 'Remote-User': ' ', ...groups },
    { ...groups },
  ];
  for (const headers of ignored)
    t.is((await call('127.0.0.2', headers)).status, 401, JSON.stringify(headers));
  const both = { 'Remote-User': 'mara', Remote_User: 'admin', ...groups, Remote_Groups: 'chiefs' };
  t.like((await call('127.0.0.2', both)).caller, { name: 'mara', role: 'operator' });
});

test('a page of another site cannot use the sign-on', async (t) => {
  const { call } = await serve(t);
  const headers = { 'Remote-User': 'mara', 'Remote-Groups': 'staff' };
  for (const site of ['cross-site', 'same-site', 'none'])
    t.is((await call('127.0.0.2', { ...headers, 'Sec-Fetch-Site': site })).status, 403, site);
});

test('the address of a request is that of the proxy’s client, and of nobody who claims one', async (t) => {
  const { call } = await serve(t);
  const headers = { 'Remote-User': 'mara', 'Remote-Groups': 'staff' };
  const from = async (forwarded: string) =>
    (await call('127.0.0.2', { ...headers, 'X-Forwarded-For': forwarded })).caller?.ip;
  t.is(await from('192.0.2.9'), '192.0.2.9');
  t.is(await from('198.51.100.1, 192.0.2.9'), '192.0.2.9', 'the client can write the first ones');
  t.is(await from('192.0.2.9, nonsense'), '127.0.0.2');
});

test('a user without a group of the table may get a role of its own', async (t) => {
  const { call, audit } = await serve(t, { defaultRole: 'viewer' });
  const headers = { 'Remote-User': 'mara', 'Remote-Groups': 'unknown' };
  t.is((await call('127.0.0.2', headers)).status, 403, 'the route is for operators');
  const [entry] = await audit.page({ limit: 1 });
  t.like(entry, { action: 'role_refused', actor: 'mara', actor_kind: 'proxy' });
});

test('the settings of the sign-on are checked', (t) => {
  const read = (setting: string) =>
    parseConfiguration(z.strictObject({ signOn: signOnSettings }), '', 'the test', [
      `signOn=${setting}`,
    ]);
  for (const proxies of ['[192.0.2.1]', '["2001:db8::/32", 10.0.0.0/8]'])
    t.truthy(read(`{ proxies: ${proxies} }`).signOn);
  for (const wrong of [
    '{}',
    '{ proxies: [] }',
    '{ proxies: [proxy.lan] }',
    '{ proxies: [0.0.0.0/0] }',
    '{ proxies: [10.0.0.0/33] }',
    '{ proxies: ["10.0.0.0/8/8"] }',
    '{ proxies: [10.0.0.1], userHeader: "Remote_User" }',
    '{ proxies: [10.0.0.1], roles: { staff: king } }',
  ])
    t.throws(() => read(wrong), { name: 'ConfigurationError' }, wrong);
});
