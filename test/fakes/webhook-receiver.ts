import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** How a request is answered; the status alone, or more. */
export type Reply = number | ((response: ServerResponse, request: ReceivedRequest) => void);

export interface WebhookReceiver {
  url: string;
  port: number;
  /** Every request, also those that were refused. */
  requests: ReceivedRequest[];
  /** Those that were answered with a status of success. */
  accepted: ReceivedRequest[];
  reply: Reply;
  close(): Promise<void>;
}

/** A web server that notes what it is sent. Stops with the test. */
export async function startReceiver(t: ExecutionContext, port = 0): Promise<WebhookReceiver> {
  const server = createServer(async (incoming, response) => {
    const body = await buffer(incoming);
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body };
    receiver.requests.push(request);
    response.once('finish', () => {
      if (response.statusCode < 300) receiver.accepted.push(request);
    });
    if (typeof receiver.reply === 'number') response.writeHead(receiver.reply).end('ok');
    else receiver.reply(response, request);
  });
  const receiver: WebhookReceiver = {
    ...{ url: '', port: 0, requests: [], accepted: [], reply: 200 },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  t.teardown(() => receiver.close());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  receiver.port = (server.address() as AddressInfo).port;
  receiver.url = `http://127.0.0.1:${receiver.port}`;
  return receiver;
}

/** The form in a request, by a parser that is not the project's. */
export const formOf = ({ headers, body }: ReceivedRequest): Promise<FormData> =>
  new Response(new Uint8Array(body), {
    headers: { 'Content-Type': headers['content-type'] ?? '' },
  }).formData();
