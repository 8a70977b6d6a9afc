import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { type RtspMessage, RtspSplitter } from '../../edge/cameras/rtsp/rtsp-messages.js';

/** What a camera answers a request with: a status line with headers, and perhaps a body; nothing ends the connection. */
export type RtspAnswer = (request: RtspMessage, socket: Socket) => string[] | undefined;

/** A camera that speaks RTSP as a test wants it. Records what it is sent. */
export async function fakeRtspCamera(t: ExecutionContext, answer: RtspAnswer) {
  const requests: RtspMessage[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    const splitter = new RtspSplitter();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const part of splitter.push(chunk)) {
        if (part.kind !== 'message') continue;
        requests.push(part.message);
        const lines = answer(part.message, socket);
        if (!lines) return void socket.destroy();
        const cseq = part.message.headers.find((line) => /^cseq:/i.test(line)) ?? 'CSeq: 0';
        const [start = '', ...rest] = lines;
        socket.write(`${[`RTSP/1.0 ${start}`, cseq, ...rest].join('\r\n')}\r\n\r\n`);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `rtsp://127.0.0.1:${port}/live`,
    port,
    requests,
    connections: () => connections,
    /** The Authorization headers that it was sent. */
    logins: () =>
      requests.flatMap(({ headers }) => headers.filter((line) => /^authorization:/i.test(line))),
  };
}
