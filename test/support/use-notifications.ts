import type { ExecutionContext } from 'ava';
import type { DeliveryResource } from '../../core/contract/notification-delivery.js';
import { startReceiver } from '../fakes/webhook-receiver.js';
import type { ApiClient } from './api-client.js';
import { eventually } from './eventually.js';

const API = '/api/v1/notifications';

/** Makes every call of notifications, which both programs have: log-ins that are refused are told to a webhook. */
export async function useNotifications(t: ExecutionContext, api: ApiClient): Promise<void> {
  const receiver = await startReceiver(t);
  const send = (method: 'POST' | 'PUT', path: string, body: object) =>
    api.call(t, method, `${API}${path}`, {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
  const way = { id: 'hook', kind: 'webhook', url: receiver.url };
  const rule = { id: 'log-ins', when: 'log_in_refused', threshold: 1, ways: ['hook'] };
  t.is((await send('POST', '/ways', way)).status, 201);
  t.is((await send('PUT', '/ways/hook', { ...way, name: 'Hook' })).status, 200);
  t.is((await send('POST', '/ways/hook/test', {})).status, 200);
  t.is((await send('POST', '/rules', rule)).status, 201);
  t.is((await send('PUT', '/rules/log-ins', { ...rule, name: 'Log-ins' })).status, 200);
  const refused = await fetch(`${api.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
    body: JSON.stringify({ user: 'nobody', password: 'a wrong password' }),
  });
  t.is(refused.status, 401);
  await eventually(() => receiver.accepted.length >= 2);
  t.regex(String(receiver.accepted[1]?.body), /logins were refused within 10 minutes/);
  const [told] = await eventually(async () => {
    const { json } = await api.get<{ deliveries: DeliveryResource[] }>(t, `${API}/deliveries`);
    return json.deliveries[0]?.state === 'delivered' && json.deliveries;
  });
  t.is((await send('POST', `/deliveries/${told?.id}/retry`, {})).status, 200);
  await eventually(() => receiver.accepted.length >= 3);
  t.is((await api.delete(t, `${API}/deliveries/${told?.id}`)).status, 200);
  t.is((await api.get(t, API)).status, 200);
  t.is((await api.delete(t, `${API}/rules/log-ins`)).status, 200);
  t.is((await api.delete(t, `${API}/ways/hook`)).status, 200);
}
