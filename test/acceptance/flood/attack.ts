import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * The load of one address, in a process of its own: `attack.js ADDRESS HTTP_PORT MQTT_PORT SECONDS`. It writes what it has
 * done as JSON.
 */
const [localAddress = '', httpPort, mqttPort, seconds] = process.argv.slice(2);
const until = Date.now() + Number(seconds) * 1_000;
const SLOW_READERS = 1_100;
const SLOW_WRITERS = 1_100;
const IDLE_MQTT = 1_500;
const REQUESTS_AT_ONCE = 64;
const STEP_MS = 50;
const AGAIN_MS = 5_000;

const counts = { opened: 0, ended: 0, answers: 0, refused: 0 };
const sockets = new Set<Socket>();
const isOver = () => Date.now() >= until;

/** Opens so many connections within some seconds, and each that ends again after a while. */
async function keep(count: number, port: number, use: (socket: Socket) => void): Promise<void> {
  const open = () => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('connect', () => {
      counts.opened += 1;
      use(socket);
    });
    socket.once('close', () => {
      sockets.delete(socket);
      counts.ended += 1;
      setTimeout(() => {
        if (!isOver()) open();
      }, AGAIN_MS);
    });
  };
  for (let n = 0; n < count && !isOver(); n++) {
    open();
    if (n % 20 === 0) await delay(STEP_MS);
  }
  while (!isOver()) await delay(STEP_MS);
}

const readNothing = (socket: Socket) => {
  socket.pause();
  socket.write('GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n');
};

/** Half of them never end their headers, half their body. */
function writeSlowly(socket: Socket): void {
  const isBody = Math.random() < 0.5;
  const length = 1_000_000;
  const head = `POST /v1/vision/detection HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n`;
  socket.write(isBody ? `${head}Content-Length: ${length}\r\n\r\n` : head);
  const timer = setInterval(() => socket.write(isBody ? 'xxxx' : 'X-A: b\r\n'), 1_000);
  socket.once('close', () => clearInterval(timer));
  socket.resume();
}

const PATHS = ['/healthz', '/openapi.json', '/nothing', '/api/v1/site', '/docs', '/readyz'];

async function flood(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: REQUESTS_AT_ONCE, localAddress });
  const once = (path: string) =>
    new Promise<void>((resolve) => {
      request({ host: '127.0.0.1', port: Number(httpPort), path, agent }, (response) => {
        counts.answers += 1;
        response
          .resume()
          .once('close', resolve)
          .once('error', () => {});
      })
        .once('error', () => {
          counts.refused += 1;
          setTimeout(resolve, 20);
        })
        .end();
    });
  const loop = async (n: number) => {
    for (let i = n; !isOver(); i++) await once(PATHS[i % PATHS.length] ?? '/');
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, (_, n) => loop(n)));
  agent.destroy();
}

await Promise.all([
  keep(SLOW_READERS, Number(httpPort), readNothing),
  keep(SLOW_WRITERS, Number(httpPort), writeSlowly),
  keep(IDLE_MQTT, Number(mqttPort), (socket) => socket.resume()),
  flood(),
]);
for (const socket of sockets) socket.destroy();
process.stdout.write(`${JSON.stringify(counts)}\n`);
process.exit(0);
