import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'ava';
import { loggedError } from '../../../../core/runtime/logger.js';
import { runEdgeWithSecrets } from '../../../support/edge-with-secrets.js';

/** Sends bytes as they are, and resolves when the connection has ended. */
async function send(url: string, text: string, hangUp = false): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  socket.write(text, () => hangUp && setTimeout(() => socket.resetAndDestroy(), 100));
  socket.resume();
  await closed;
}

test('connection errors by clients are not logged as errors, and their tokens are never logged', async (t) => {
  const { program, url, admin, unknown, endWithoutTraces } = await runEdgeWithSecrets(
    t,
    'cameras=[{ id: door, kind: push }]',
  );
  const paths = ['/api/v1/objectdetection/image', '/api/v1/cameras/door/snapshots', '/nowhere'];
  for (const token of [admin, unknown])
    for (const path of paths)
      for (const type of ['image/jpeg', 'multipart/form-data; boundary=b']) {
        const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\n`;
        await send(url, `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n${token}`);
        await send(url, `${head}Content-Length: 1000\r\n\r\n--b`, true);
      }
  t.is((await fetch(`${url}/healthz`)).status, 200);
  const printed = await endWithoutTraces();
  t.false(printed.some((line) => line.includes('rawPacket')));
  const broken = program.log.find(({ msg }) => msg === 'client connection broken');
  t.regex(String(broken?.code), /^HPE_|^ECONN/);
});

test("an error's own properties are not logged, nor those of its causes", (t) => {
  const cause = Object.assign(new TypeError('no route'), { code: 'EHOST', password: 'secret' });
  const error = Object.assign(new Error('failed', { cause }), { rawPacket: Buffer.from('secret') });
  const logged = loggedError(error);
  t.deepEqual(Object.keys(logged), ['type', 'message', 'stack', 'cause']);
  t.is(logged.cause?.type, 'TypeError');
  t.is(logged.cause?.code, 'EHOST');
  t.false(JSON.stringify(logged).includes('secret'));
  t.is(loggedError('text').message, 'text');
  error.cause = error;
  t.notThrows(() => JSON.stringify(loggedError(error)), 'a circle of causes ends');
});
