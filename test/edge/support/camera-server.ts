import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface CameraServer {
  url: string;
  port: number;
  requests: IncomingMessage[];
  /** What the camera does from now on. */
  answer(answer: Answer): void;
}

/** A camera on the loopback interface, which answers as the test says. */
export async function startCameraServer(t: ExecutionContext, first: Answer): Promise<CameraServer> {
  let current = first;
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    current(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/snapshot.jpg`,
    port,
    requests,
    answer: (answer) => {
      current = answer;
    },
  };
}

export const picture = (bytes: Buffer | string = 'a picture'): Answer => {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(bytes);
  };
};

export const status = (code: number): Answer => {
  return (_request, response) => {
    response.writeHead(code).end('no');
  };
};

/** Accepts the request and never says a word. */
export const silence: Answer = () => undefined;

/** Asks for a password. */
export const challenge = (header: string): Answer => {
  return (_request, response) => {
    response.writeHead(401, { 'www-authenticate': header }).end('no');
  };
};
