import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** What a fake camera answers to one request: pieces of bytes, with pauses in milliseconds between them. */
export type RawAnswer = (string | Uint8Array | { pauseMs: number } | 'hang')[];

export interface RawServer {
  url: string;
  /** Request heads as they came, in their order. */
  requests: string[];
  /** Connections that were made. */
  readonly connections: number;
}

/**
 * A camera that sends exactly the bytes it is given, as no HTTP server would. It closes the connection behind an answer
 * unless that ends with `hang`. Text is sent as Latin-1.
 */
export async function rawServer(
  t: ExecutionContext,
  answer: (head: string, count: number) => RawAnswer,
  options: RawServerOptions = {},
): Promise<RawServer> {
  const server = await startRawServer(answer, options);
  t.teardown(() => server.close());
  return server;
}

export interface RawServerOptions {
  keepAlive?: boolean;
  /** Any free port if absent. */
  port?: number;
}

export async function startRawServer(
  answer: (head: string, count: number) => RawAnswer,
  { keepAlive = false, port = 0 }: RawServerOptions = {},
): Promise<RawServer & { close(): void }> {
  const requests: string[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      requests.push(head);
      const parts = answer(head, requests.length);
      head = '';
      void send(socket, parts, keepAlive);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
    requests,
    get connections() {
      return connections;
    },
  };
}

async function send(socket: Socket, parts: RawAnswer, keepAlive: boolean): Promise<void> {
  for (const part of parts) {
    if (part === 'hang' || socket.destroyed) return;
    if (typeof part === 'object' && 'pauseMs' in part)
      await new Promise((resolve) => setTimeout(resolve, part.pauseMs));
    else socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
  }
  if (!keepAlive) socket.end();
}
