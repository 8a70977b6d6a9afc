import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { anyProxy, noProxies } from '../../../core/http/client-address.js';
import type { ConnectionLimits } from '../../../core/http/connection-limits.js';
import { ConnectionShares } from '../../../core/http/connection-shares.js';
import { holdResponse } from '../../../core/http/hold-response.js';
import { HttpProbe } from '../../../core/http/http-probe.js';
import { handleProblems } from '../../../core/http/problems.js';
import { HttpServer } from '../../../core/http/server.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { eventually } from '../../support/eventually.js';

const LARGE = 8_000_000;

/** A server that answers `/healthz`, a large body at `/large`, and nothing at `/slow` before `slow.release()`. */
async function startServer(
  t: ExecutionContext,
  limits: Partial<ConnectionLimits> = {},
  isProxy = noProxies,
) {
  const connections = new ConnectionShares(isProxy, { bytesPerSecondEach: 1e12, ...limits });
  const slow = {
    begun: 0,
    waiting: [] as (() => void)[],
    release: () => {
      for (const resolve of slow.waiting.splice(0)) resolve();
    },
  };
  const app = new Koa();
  app.on('error', () => {});
  app.use(handleProblems(silentLogger()));
  app.use(holdResponse(connections));
  app.use(async (ctx) => {
    if (ctx.path === '/slow') {
      slow.begun += 1;
      await new Promise<void>((resolve) => slow.waiting.push(resolve));
    }
    if (ctx.path === '/body') for await (const _ of ctx.req);
    ctx.body = ctx.path === '/large' ? Buffer.alloc(LARGE) : { status: 'OK' };
  });
  const server = new HttpServer(app, { host: '127.0.0.1', port: 0 }, silentLogger(), {
    connections,
  });
  await server.start();
  const sockets = new Set<Socket>();
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  });

  /** A connection from an address of the loopback network, with what it sends first. It reads only with `flowing`. */
  const open = async (localAddress: string, text = '', { flowing = false } = {}) => {
    const socket = connect({ host: '127.0.0.1', port: server.address.port, localAddress });
    sockets.add(socket);
    socket.on('error', () => {});
    // One that is refused may close before it is connected.
    await Promise.race([once(socket, 'connect'), closed(socket)]).catch(() => {});
    if (!flowing) socket.pause();
    socket.write(text);
    return socket;
  };
  /** The status of one request; undefined if the connection ended without an answer. */
  const ask = async (localAddress: string, path = '/healthz', headers = '') => {
    const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;
    const socket = await open(localAddress, request, { flowing: true });
    let text = '';
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += text.length < 100 ? more : '';
    });
    await closed(socket);
    return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? Number.NaN) || undefined;
  };
  const get = (path: string, headers = '') =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;
  /** Requests that the server works on until `slow.release()`. */
  const work = async (count: number, host: string, headers = '') => {
    const before = slow.begun;
    const answers = times(count).map(() => ask(host, '/slow', headers));
    await eventually('the server works on them', () => slow.begun === before + count);
    return answers;
  };
  return { connections, server, open, ask, get, work, slow };
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });

const times = (count: number) => Array.from({ length: count });

test('an address that opens many connections keeps the newest, within its share', async (t) => {
  const { connections, open, ask } = await startServer(t, { connectionsEach: 20 });
  const idle = await Promise.all(times(60).map(() => open('127.0.0.2')));
  await eventually('the oldest are ended', () => connections.size === 20);
  t.is(await ask('127.0.0.2'), 200);
  t.is(await ask('127.0.0.1'), 200);
  t.true(idle.length === 60 && connections.size <= 20);
});

test('slow readers give way to others of their address, and to other addresses', async (t) => {
  const { connections, open, ask, get } = await startServer(t, {
    connectionsEach: 8,
    connections: 16,
    bytesEach: 1_000 * LARGE,
    bytes: 1_000 * LARGE,
  });
  await Promise.all(times(8).map(() => open('127.0.0.2', get('/large'))));
  await Promise.all(times(8).map(() => open('127.0.0.3', get('/large'))));
  await eventually('all hold a response', () => connections.held >= 16 * LARGE);
  t.is(await ask('127.0.0.1'), 200, 'another address takes a place at once');
  await delay(3_000);
  t.is(await ask('127.0.0.2'), 200, 'so does the same address once the others have stalled');
});

test('slow writers of headers and bodies give way', async (t) => {
  const { open, ask } = await startServer(t, { connectionsEach: 8, connections: 8 });
  const heads = 'POST /body HTTP/1.1\r\nHost: localhost\r\n';
  await Promise.all(times(4).map(() => open('127.0.0.2', heads)));
  const body = `${heads}Content-Length: 1000\r\n\r\nx`;
  await Promise.all(times(4).map(() => open('127.0.0.2', body)));
  t.is(await ask('127.0.0.1'), 200);
  t.is(await ask('127.0.0.2'), 200);
  await delay(3_000);
  await Promise.all(times(4).map(() => open('127.0.0.2', body)));
  t.is(await ask('127.0.0.2'), 200);
});

test('a request that the server works on does not give way', async (t) => {
  const { ask, work, slow } = await startServer(t, { connectionsEach: 4 });
  const answers = await work(4, '127.0.0.2');
  t.is(await ask('127.0.0.2'), undefined, 'there is no place');
  t.is(await ask('127.0.0.1'), 200);
  slow.release();
  t.deepEqual(await Promise.all(answers), [200, 200, 200, 200]);
  t.is(await ask('127.0.0.2'), 200);
});

test('the responses of one address that wait for it are bounded in bytes', async (t) => {
  const { connections, open, ask, get } = await startServer(t, { bytesEach: 3 * LARGE });
  await Promise.all(times(10).map(() => open('127.0.0.2', get('/large'))));
  await delay(500);
  t.true(connections.held <= 3 * LARGE, `${connections.held}`);
  t.is(await ask('127.0.0.2', '/large'), 429, 'they have only just begun');
  t.is(await ask('127.0.0.1', '/large'), 200);
  await delay(3_000);
  t.is(await ask('127.0.0.2', '/large'), 200, 'they have stalled');
});

test('the responses of all addresses are bounded; the one with the most gives way', async (t) => {
  const { connections, open, ask, get } = await startServer(t, {
    bytesEach: 4 * LARGE,
    bytes: 5 * LARGE,
  });
  for (const host of ['127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.3'])
    await open(host, get('/large'));
  await eventually('all is held', () => connections.held === 5 * LARGE);
  t.is(await ask('127.0.0.1', '/large'), 200);
});

test('a response that its client does not take ends', async (t) => {
  const { connections, open, get } = await startServer(t, { stalledMs: 2_000 });
  const socket = await open('127.0.0.2', get('/large'));
  await eventually('it has begun', () => connections.held === LARGE);
  await eventually('it has ended', () => connections.size === 0, 10_000);
  t.is(connections.held, 0);
  socket.destroy();
});

test('a response that its client takes slowly does not end', async (t) => {
  const { open, get } = await startServer(t, { stalledMs: 4_000 });
  const socket = await open('127.0.0.2', get('/large', 'Connection: close\r\n'));
  let bytes = 0;
  const started = Date.now();
  while (Date.now() - started < 9_000) {
    const part = socket.read(Math.min(socket.readableLength || 1, 400_000)) as Buffer | null;
    bytes += part?.length ?? 0;
    await delay(100);
  }
  socket.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  socket.resume();
  await closed(socket);
  t.true(bytes >= LARGE, `${bytes}`);
});

test('a connection that sends many requests ahead of the responses ends', async (t) => {
  const { connections, open, ask, get } = await startServer(t, { pipelined: 4 });
  await open('127.0.0.2', get('/slow').repeat(4));
  await open('127.0.0.2', get('/slow').repeat(500));
  await eventually('one has ended', () => connections.ended === 1 && connections.size === 1);
  t.is(await ask('127.0.0.2'), 200);
});

test('behind a proxy, the clients that it names have shares of their own', async (t) => {
  const { ask, connections, open, get, work, slow } = await startServer(
    t,
    { connectionsEach: 3 },
    anyProxy,
  );
  const of = (client: string) => `X-Forwarded-For: 203.0.113.9, ${client}\r\n`;
  const answers = await work(3, '127.0.0.1', of('2001:db8::1'));
  t.is(await ask('127.0.0.1', '/healthz', of('2001:db8::2')), undefined, 'the same /64');
  t.is(await ask('127.0.0.1', '/healthz', of('2001:db8:0:1::2')), 200);
  t.is(await ask('127.0.0.1', '/healthz', of('192.0.2.1')), 200);
  slow.release();
  t.deepEqual(await Promise.all(answers), [200, 200, 200]);
  for (const _ of times(10)) {
    const socket = await open('127.0.0.1', get('/healthz', of('192.0.2.7')), { flowing: true });
    await once(socket, 'data');
  }
  t.is(connections.size, 10, 'idle connections of the proxy count for nobody');
});

test('the probe of the watchdog has a place whatever others do', async (t) => {
  const { server, open, ask, work, slow } = await startServer(t, {
    connectionsEach: 4,
    connections: 4,
  });
  await work(4, '127.0.0.1');
  t.is(await ask('127.0.0.1'), undefined);
  const probe = new HttpProbe(server);
  t.is(await probe.check(), undefined);
  slow.release();
  await Promise.all(times(20).map(() => open('127.0.0.1')));
  t.is(await probe.check(), undefined);
});

test('a stop ends connections without a request at once, and those with one after its response', async (t) => {
  const { server, open, get, slow } = await startServer(t);
  const spare = await open('127.0.0.1', '', { flowing: true });
  const kept = await open('127.0.0.1', get('/healthz'), { flowing: true });
  await once(kept, 'data');
  const busy = await open('127.0.0.1', get('/slow') + get('/slow'), { flowing: true });
  let answers = '';
  busy.on('data', (more) => {
    answers += more;
  });
  await eventually('the server works', () => slow.begun === 2);
  const began = performance.now();
  const stopping = server.stop();
  await Promise.all([closed(spare), closed(kept)]);
  t.false(busy.closed);
  slow.release();
  await Promise.all([closed(busy), stopping]);
  t.deepEqual(answers.match(/HTTP\/1\.1 200|Connection: [a-z-]+/g), [
    ...['HTTP/1.1 200', 'Connection: keep-alive'],
    ...['HTTP/1.1 200', 'Connection: close'],
  ]);
  t.true(performance.now() - began < 4_000, 'the deadline for slow clients is later');
});

test('the probe of the watchdog reports a server that does not listen', async (t) => {
  const { server } = await startServer(t);
  const { url, ...rest } = server.address;
  await server.stop();
  const closed = Object.create(null) as HttpServer;
  Object.defineProperty(closed, 'address', { value: { url, ...rest } });
  Object.defineProperty(closed, 'connections', { value: server.connections });
  t.regex((await new HttpProbe(closed).check()) ?? '', /^\/healthz failed: .*ECONNREFUSED/);
});

test('within TLS, two machines of one network that use the same port are two clients', (t) => {
  const connections = new ConnectionShares(noProxies, { pipelined: 1 });
  const listeners: ((socket: Socket) => void)[] = [];
  const server = {
    on: (_: string, listener: (socket: Socket) => void) => listeners.push(listener),
  };
  connections.attach(server as unknown as Server);
  t.teardown(() => connections.stop());
  const socketOf = (remoteAddress: string): Socket => {
    const addresses = { remoteAddress, remotePort: 50_000, localAddress: '2001:db8::9' };
    const fields = Object.entries(addresses).map(([name, value]) => [name, { value }]);
    return Object.defineProperties(new Socket(), Object.fromEntries(fields));
  };
  for (const address of ['2001:db8::1', '2001:db8::2'])
    for (const accept of listeners) accept(socketOf(address));
  const begin = (remoteAddress: string) => {
    const socket = socketOf(remoteAddress);
    const request = { socket, headers: {}, complete: true } as unknown as IncomingMessage;
    return connections.begin(request, new EventEmitter() as unknown as ServerResponse);
  };
  t.is(begin('2001:db8::1'), '2001:db8:0:0::/64');
  t.is(begin('2001:db8::2'), '2001:db8:0:0::/64', 'its first request, beside one of the other');
});
