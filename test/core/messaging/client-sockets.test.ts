import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { defaultLimits } from '../../../core/messaging/broker-limits.js';
import { ClientSockets } from '../../../core/messaging/client-sockets.js';
import { eventually } from '../../support/eventually.js';

const HONEST = '127.0.0.1';
/** All of 127.0.0.0/8 is loopback on Linux. */
const ATTACKER = '127.0.0.9';
const LARGE = 4_000_000;

/** A server whose sockets are tracked, and the addresses of those that were ended. */
async function startSockets(t: ExecutionContext, limits: Partial<typeof defaultLimits>) {
  const ended: string[] = [];
  const sockets = new ClientSockets({ ...defaultLimits, ...limits }, (socket, reason) =>
    ended.push(`${socket.remoteAddress} ${reason}`),
  );
  sockets.start();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket, () => LARGE);
    // As aedes reads.
    socket.on('readable', () => {
      while (socket.read() !== null);
    });
  }).listen(0, HONEST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.teardown(() => {
    sockets.stop();
    sockets.destroyAll();
    server.close();
  });
  const open = async (localAddress: string) => {
    const accepted = once(server, 'connection');
    const client = connect({ port, host: HONEST, localAddress });
    client.on('error', () => undefined);
    t.teardown(() => client.destroy());
    const [socket] = (await accepted) as [Socket];
    return { client, socket };
  };
  return { ended, open };
}

/** A PUBLISH of 1 MB of which so many bytes arrive. */
const beginning = (bytes: number) =>
  Buffer.concat([Buffer.from([0x30, 0xc0, 0x84, 0x3d]), Buffer.alloc(bytes)]);

test('an honest upload that is slow goes on while 30 clients at another address finish no packet', async (t) => {
  const { ended, open } = await startSockets(t, {
    maxIncomingBytes: 1_000_000,
    maxBytesBeforeLogin: LARGE,
  });
  const honest = await open(HONEST);
  honest.client.write(beginning(100_000));
  await eventually(() => honest.socket.bytesRead > 100_000);
  for (let i = 0; i < 30; i++) {
    const { client, socket } = await open(ATTACKER);
    client.write(beginning(64_000));
    await eventually(() => socket.bytesRead > 64_000 || socket.destroyed);
  }
  await eventually(() => ended.length >= 15);
  t.deepEqual([...new Set(ended)], [`${ATTACKER} client disconnected: memory is full`]);
  t.is(ended.length, 16, 'no more than it takes');
  honest.client.write(Buffer.alloc(100_000));
  await eventually(() => honest.socket.bytesRead > 200_000);
});

test('a reader with more waiting than any other stays while 5 readers at another address have most', async (t) => {
  const limits = { maxQueuedBytes: 70_000_000, stallTimeoutMs: 3_000 };
  const { ended, open } = await startSockets(t, limits);
  const waiting = Buffer.alloc(20_000_000);
  // What is written at once counts until all of it is sent, and these read nothing.
  (await open(HONEST)).socket.write(waiting);
  for (let i = 0; i < 5; i++) (await open(ATTACKER)).socket.write(waiting.subarray(0, 12_000_000));
  await eventually(() => ended.length > 0);
  t.deepEqual(ended, [`${ATTACKER} client disconnected: memory is full`]);
});
