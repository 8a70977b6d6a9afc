import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { eventually } from '../../support/eventually.js';
import { Link } from './link.js';

/** A link to a server that sends back what it gets, with the server's side of each connection. */
async function aLink(t: ExecutionContext) {
  const atServer: Socket[] = [];
  const server = createServer((socket) => {
    atServer.push(socket.on('error', () => undefined));
    socket.on('data', (bytes) => socket.write(bytes));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link = new Link((server.address() as AddressInfo).port);
  await link.open();
  t.teardown(async () => {
    await link.close();
    for (const socket of atServer) socket.destroy();
    server.close();
  });
  return { link, atServer };
}

async function aClient(t: ExecutionContext, link: Link) {
  const socket = connect(link.port, '127.0.0.1').on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  const received: Buffer[] = [];
  socket.on('data', (bytes) => received.push(bytes));
  return { socket, text: () => Buffer.concat(received).toString() };
}

test('bytes are passed on unchanged in both directions, and so is the end', async (t) => {
  const { link, atServer } = await aLink(t);
  const { socket, text } = await aClient(t, link);
  const sent = 'siteglass '.repeat(50_000);
  socket.write(sent);
  await eventually('everything comes back', () => text().length === sent.length);
  t.is(text(), sent);
  socket.destroy();
  await eventually('the server is told', () => atServer[0]?.destroyed);
  t.pass();
});

test('a cut link resets its connections and every new one until it is restored', async (t) => {
  const { link, atServer } = await aLink(t);
  const { socket } = await aClient(t, link);
  socket.write('x');
  await eventually('the server knows it', () => atServer.length === 1);
  link.cut();
  await eventually('both sides are told', () => socket.destroyed && atServer[0]?.destroyed);
  const refused = connect(link.port, '127.0.0.1').on('error', () => undefined);
  await eventually('it is refused', () => refused.destroyed);
  link.restore();
  const { socket: next, text } = await aClient(t, link);
  next.write('again');
  await eventually('it works again', () => text() === 'again');
  t.is(atServer.length, 2);
});

test('when traffic vanishes neither side is notified, and the connection never works again', async (t) => {
  const { link, atServer } = await aLink(t);
  const { socket, text } = await aClient(t, link);
  socket.write('before');
  await eventually('it works', () => text() === 'before');
  link.lose('up', 'down');
  socket.write('lost');
  await sleep(100);
  link.restore();
  socket.write('lost as well');
  await sleep(100);
  t.is(text(), 'before');
  t.false(socket.destroyed);
  socket.destroy();
  await sleep(100);
  t.false(atServer[0]?.destroyed, 'the end vanishes, too');
  const { socket: next, text: nextText } = await aClient(t, link);
  next.write('new');
  await eventually('a new connection works', () => nextText() === 'new');
});

test('the traffic of one direction alone can vanish', async (t) => {
  const { link, atServer } = await aLink(t);
  const { socket, text } = await aClient(t, link);
  socket.write('a');
  await eventually('it works', () => text() === 'a');
  link.lose('up');
  socket.write('lost');
  atServer[0]?.write('b');
  await eventually('the other direction works', () => text() === 'ab');
  t.false(socket.destroyed);
});

test('a slow link keeps the order, delays, and limits the rate', async (t) => {
  const { link } = await aLink(t);
  const { socket, text } = await aClient(t, link);
  link.shape({ delayMs: 100, bytesPerSecond: 20_000 });
  const sent = Array.from({ length: 2_000 }, (_, i) => `${i} `).join('');
  const from = performance.now();
  socket.write(sent);
  await eventually('everything comes back', () => text().length === sent.length);
  t.is(text(), sent);
  // 8,890 bytes each way, which overlap, and the delay of both ways.
  t.true(performance.now() - from > 400 + 200);
});

test('a connection that is just ending is also gone after a cut', async (t) => {
  const { link, atServer } = await aLink(t);
  for (let i = 0; i < 20; i++) {
    const { socket } = await aClient(t, link);
    socket.write('x');
    await eventually('the server knows it', () => atServer.length === i + 1);
    if (i % 2 === 0) socket.end();
    else atServer[i]?.end();
    await new Promise((resolve) => setImmediate(resolve));
    link.cut();
    await eventually('both sides are gone', () => socket.destroyed && atServer[i]?.destroyed);
    link.restore();
  }
  t.is(atServer.length, 20);
});
