import type { ExecutionContext } from 'ava';
import { GOOD_PASSWORD } from './access.js';
import type { ApiClient } from './api-client.js';

const API = '/api/v1';

/** Uses every call about users, sessions, tokens and the audit log once, as an administrator and as a user. */
export async function useAccess(t: ExecutionContext, admin: ApiClient): Promise<void> {
  const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    admin.call(t, 'PUT', `${API}${path}`, {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  const logIn = async (password: string) => {
    const body = { user: 'a.tester', password };
    const { headers } = await admin.post(t, `${API}/session`, body);
    const [Cookie = ''] = (headers.get('Set-Cookie') ?? '').split(';');
    return { Cookie, Authorization: '', Origin: admin.url };
  };
  const user = { name: 'a.tester', role: 'viewer', password: GOOD_PASSWORD };
  const other = 'another good one 7';
  const statuses = [(await admin.post(t, `${API}/users`, user)).status];
  const note = ({ status }: { status: number }) => statuses.push(status);
  let session = await logIn(GOOD_PASSWORD);
  note(await admin.get(t, `${API}/session`, session));
  note(await admin.get(t, `${API}/session/current`, session));
  note(await put('/session/password', { current: GOOD_PASSWORD, password: other }, session));
  session = await logIn(other);
  note(await admin.call(t, 'DELETE', `${API}/session`, { headers: session }));
  session = await logIn(other);
  note(await admin.call(t, 'DELETE', `${API}/sessions`, { headers: session }));
  await logIn(other);
  type Listed = { sessions: { id: string }[] };
  const { json } = await admin.get<Listed>(t, `${API}/sessions`);
  note(await admin.delete(t, `${API}/sessions/${json.sessions[0]?.id}`));
  note(await put('/users/a.tester/password', { password: GOOD_PASSWORD }));
  note(await put('/users/a.tester/role', { role: 'operator' }));
  note(await admin.get(t, `${API}/users`));
  note(await admin.delete(t, `${API}/users/a.tester`));
  const token = { name: 'a-tester', role: 'viewer', expiresInDays: 1 };
  note(await admin.post(t, `${API}/tokens`, token));
  note(await admin.get(t, `${API}/tokens`));
  note(await admin.delete(t, `${API}/tokens/a-tester`));
  note(await admin.get(t, `${API}/audit`));
  t.deepEqual(
    statuses.filter((status) => status >= 300),
    [],
  );
}
