import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import Koa from 'koa';
import { pino } from 'pino';
import { HttpServer } from '../../../../core/http/server.js';
import { AcmeChallenges } from '../../../../core/http/tls/acme-challenges.js';
import { ServerTls } from '../../../../core/http/tls/server-tls.js';
import { fingerprintOf } from '../../../../core/runtime/tls/fingerprint.js';
import {
  credentialsOf,
  fixedSource,
  handshake,
  issueForTest,
} from '../../../support/certificates.js';
import { eventually } from '../../../support/eventually.js';

/** A server that sees its clients at another address than this machine's. */
async function startServer(
  t: ExecutionContext,
  { isPlainTextAllowed = false, isRemote = true } = {},
) {
  const issued = await issueForTest();
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const source = fixedSource(credentialsOf(issued));
  const challenges = new AcmeChallenges(undefined, log);
  const tls = new ServerTls({ source, challenges, isPlainTextAllowed, log });
  const attach = tls.attach.bind(tls);
  tls.attach = (server) => {
    attach(server);
    if (!isRemote) return;
    server.prependListener('connection', (socket: Socket) => {
      Object.defineProperty(socket, 'remoteAddress', { value: '192.0.2.99' });
    });
  };
  const app = new Koa();
  app.use(async (ctx) => {
    ctx.body = `${ctx.protocol} ${ctx.method} ${await text(ctx.req)}`;
  });
  const server = new HttpServer(app, { host: '127.0.0.1', port: 0 }, log, { tls });
  t.teardown(() => server.stop());
  await server.start();
  const ca = issued.authority.certificate;
  return { server, source, issued, ca, port: server.address.port, printed: () => lines.join('') };
}

interface Asked {
  method?: string;
  path?: string;
  host?: string;
  ca?: string;
  body?: string;
}

async function ask(port: number, { method = 'GET', path = '/x', host, ca, body = '' }: Asked = {}) {
  const options = {
    ...{ host: '127.0.0.1', port, method, path },
    headers: { host: host ?? `localhost:${port}` },
  };
  const sent = ca
    ? secureRequest({ ...options, servername: 'localhost', agent: new Agent({ ca }) })
    : plainRequest({ ...options, agent: false });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  return { status: answer.statusCode, location: answer.headers.location, body: await text(answer) };
}

test('one port serves HTTPS, and redirects plain HTTP from another machine with its path and query', async (t) => {
  const { port, ca } = await startServer(t);
  const secure = await ask(port, { ca, method: 'POST', body: 'picture' });
  t.deepEqual([secure.status, secure.body], [200, 'https POST picture']);
  for (const method of ['GET', 'POST', 'DELETE']) {
    const { status, location } = await ask(port, { method, path: '/a?b=c' });
    t.deepEqual([status, location], [308, `https://localhost:${port}/a?b=c`], method);
  }
});

test('a device that sends plain HTTP is logged once, without what its path may hold', async (t) => {
  const { port, printed } = await startServer(t);
  await ask(port, { path: '/setup' });
  t.notRegex(printed(), /plain HTTP redirected/, 'a browser follows by itself');
  for (const method of ['POST', 'PUT']) await ask(port, { method, path: '/push/the-secret' });
  t.is(printed().split('plain HTTP redirected: give the client https://').length, 2);
  t.regex(printed(), /"client":"192\.0\.2\.99","method":"POST"/);
  t.notRegex(printed(), /the-secret/);
});

test('a redirect goes nowhere but to the host that the client named', async (t) => {
  const { port } = await startServer(t);
  for (const host of ['a/b', 'a@b', 'user:pass@a', 'a b', '[::1', 'a\\b']) {
    const { status, location } = await ask(port, { host });
    t.deepEqual([status, location], [400, undefined], host);
  }
  t.is((await ask(port, { host: '[fd00::1]:8080' })).location, 'https://[fd00::1]:8080/x');
});

test('probes of supervisors are answered without TLS', async (t) => {
  const { port } = await startServer(t);
  for (const path of ['/healthz', '/readyz']) t.is((await ask(port, { path })).status, 200, path);
  t.is((await ask(port, { path: '/healthz/../x' })).status, 308);
});

test('plain HTTP is served to this machine, and to others if it is allowed', async (t) => {
  const local = await startServer(t, { isRemote: false });
  t.is((await ask(local.port, { method: 'PUT', body: 'b' })).body, 'http PUT b');
  const allowed = await startServer(t, { isPlainTextAllowed: true });
  t.is((await ask(allowed.port)).body, 'http GET ');
  t.is((await ask(allowed.port, { ca: allowed.ca })).body, 'https GET ');
});

test('a new certificate is shown to the next client, without a restart', async (t) => {
  const { port, issued, source, ca } = await startServer(t);
  const next = await issueForTest({ authority: issued.authority });
  const before = await handshake(port, ca);
  t.is(before.getPeerCertificate().fingerprint256, fingerprintOf(issued.certificate));
  source.replace(credentialsOf(next));
  const after = await handshake(port, ca);
  t.is(after.getPeerCertificate().fingerprint256, fingerprintOf(next.certificate));
  t.false(before.destroyed, 'connections with the former one go on');
  before.destroy();
  after.destroy();
});

test('requests on one connection keep it, and a stop waits neither for it nor for clients without a request', async (t) => {
  const { server, port, ca } = await startServer(t);
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 1 });
  const ports = [];
  for (let i = 0; i < 3; i++) {
    const sent = secureRequest({ host: '127.0.0.1', port, servername: 'localhost', agent }).end();
    const [answer] = await once(sent, 'response');
    ports.push(answer.socket.localPort);
    await text(answer);
  }
  t.is(new Set(ports).size, 1);
  const silent = connect(port, '127.0.0.1');
  await once(silent, 'connect');
  const spare = await handshake(port, ca);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const began = performance.now();
  const closed = [silent, spare].map((socket) => once(socket.resume(), 'close'));
  await server.stop();
  await Promise.all(closed);
  t.true(performance.now() - began < 4_000, 'the deadline for slow clients is later');
  agent.destroy();
});

test('bytes that are neither HTTP nor TLS, and a broken handshake, harm nobody', async (t) => {
  const { port, ca } = await startServer(t);
  for (const bytes of [
    Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]),
    Buffer.from([0x16]),
    Buffer.from([0x80, 0x2e, 1, 0, 2]),
    Buffer.from([0]),
    Buffer.from('GET'),
  ]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.end(bytes);
    await once(socket, 'close');
  }
  t.is((await ask(port, { ca })).status, 200);
});

test('a connection with TLS gives up its place when it ends, and when its handshake fails', async (t) => {
  const { server, port, ca } = await startServer(t);
  for (let i = 0; i < 5; i++) {
    const secure = await handshake(port, ca);
    secure.destroy();
    const broken = connect(port, '127.0.0.1');
    broken.on('error', () => undefined).resume();
    broken.write(Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]));
    await once(broken, 'close');
  }
  await eventually('all places are free', () => server.connections.size === 0, 5_000);
  t.is(server.connections.size, 0);
});
