import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { type AppOptions, createApp } from '../../core/http/app.js';
import { Metrics } from '../../core/http/metrics.js';
import type { Route } from '../../core/http/route.js';
import { silentLogger } from '../../core/runtime/logger.js';

/** Serves one route on a port of this machine, without authentication unless `options` say otherwise. Resolves with the port. */
export async function serveRoute(
  t: ExecutionContext,
  route: Route,
  options: Partial<AppOptions> = {},
): Promise<number> {
  const server = createApp({
    info: { title: 'Test', version: '1', description: 'A test' },
    groups: [{ prefix: '', routes: [route] }],
    authentication: { mode: 'none' },
    metrics: new Metrics({ name: 'test', version: '1.2.3' }),
    log: silentLogger(),
    ...options,
  }).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Begins a POST from an address of the loopback network, on a connection of its own. */
export function beginPost(
  t: ExecutionContext,
  port: number,
  localAddress: string,
  headers: Record<string, string | number>,
): ClientRequest {
  const to = { host: '127.0.0.1', port, path: '/upload', method: 'POST', localAddress };
  const sent = request({ ...to, headers, agent: false }).on('error', () => {});
  t.teardown(() => sent.destroy());
  return sent;
}

/** Ends a request with a body, and resolves with the answer in JSON and its status. */
export async function endWith<Answer>(sent: ClientRequest, body: string) {
  const [answer] = await once(sent.end(body), 'response');
  const answered = (await json(answer)) as Partial<Answer> & { code?: string };
  return { status: answer.statusCode, retryAfter: answer.headers['retry-after'], ...answered };
}
