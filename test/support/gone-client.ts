import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import Koa from 'koa';
import { HttpServer } from '../../core/http/server.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { eventually } from './eventually.js';

/**
 * A program for a network namespace of its own: a client follows a stream, and its network goes without a word. Its
 * arguments are the address of the server, that of the client's connection, and the command that loses the packets. Prints
 * how many streams are open before, and after how many milliseconds how many are.
 */
const app = new Koa();
let open = 0;
app.use((ctx) => {
  open += 1;
  ctx.req.once('close', () => {
    open -= 1;
  });
  ctx.type = 'text/event-stream';
  ctx.body = Readable.from(
    (async function* () {
      for (;;) {
        yield 'event: heartbeat\ndata: {}\n\n';
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    })(),
    { objectMode: false },
  );
});
const [, , listen = '', host = '', loss = '', ...options] = process.argv;
const server = new HttpServer(app, { host: listen, port: 0 }, silentLogger(), {
  retransmissions: 4,
});
await server.start();
const client = connect(server.address.port, host);
client.resume();
client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
await eventually('the stream', () => client.bytesRead > 0 && open === 1);
await new Promise((resolve) => setTimeout(resolve, 6_000));
const whileThere = open;
execFileSync(loss, options);
const since = Date.now();
while (open > 0 && Date.now() - since < 60_000)
  await new Promise((resolve) => setTimeout(resolve, 100));
process.stdout.write(JSON.stringify({ whileThere, afterMs: Date.now() - since, open }));
process.exit();
