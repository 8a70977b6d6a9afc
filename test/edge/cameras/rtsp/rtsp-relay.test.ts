import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Credentials } from '../../../../edge/cameras/http/credentials.js';
import { type RtspMessage, RtspSplitter } from '../../../../edge/cameras/rtsp/rtsp-messages.js';
import { RtspRelay } from '../../../../edge/cameras/rtsp/rtsp-relay.js';
import { fakeRtspCamera, type RtspAnswer } from '../../../fakes/fake-rtsp-camera.js';

const AUTH = { username: 'viewer', password: 'hunter2', scheme: 'auto' as const };
const DIGEST = 'WWW-Authenticate: Digest realm="cam", nonce="n1"';
const BASIC = 'WWW-Authenticate: Basic realm="cam"';

const isAuthorized = ({ headers }: RtspMessage, scheme = '') =>
  headers.some((line) => line.startsWith(`Authorization: ${scheme}`));
const methodOf = ({ start }: RtspMessage) => start.split(' ')[0];

/** A relay for a camera, and a reader that is connected to it. */
async function relayed(t: ExecutionContext, answer: RtspAnswer, auth?: typeof AUTH) {
  const camera = await fakeRtspCamera(t, answer);
  const relay = new RtspRelay({ url: camera.url, credentials: auth && new Credentials(auth) });
  const { url, port } = await relay.start();
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => {
    socket.destroy();
    relay.stop();
  });
  const splitter = new RtspSplitter();
  const arrived: RtspMessage[] = [];
  const closed = once(socket, 'close');
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    for (const part of splitter.push(chunk))
      if (part.kind === 'message') {
        arrived.push(part.message);
        socket.emit('message', part.message);
      }
  });
  let sequence = 0;
  /** The answer, or `ended` if the relay ends the connection. */
  const ask = async (method: string, target = url): Promise<RtspMessage | 'ended'> => {
    const answered = once(socket, 'message') as Promise<[RtspMessage]>;
    socket.write(`${method} ${target} RTSP/1.0\r\nCSeq: ${++sequence}\r\n\r\n`);
    return Promise.race([
      answered.then(([message]) => message),
      closed.then(() => 'ended' as const),
    ]);
  };
  return { camera, relay, ask, url, socket, closed };
}

test('digest is answered before basic, and the camera never gets the password', async (t) => {
  const { camera, ask } = await relayed(
    t,
    (request) => (isAuthorized(request) ? ['200 OK'] : ['401 Unauthorized', BASIC, DIGEST]),
    AUTH,
  );
  for (const method of ['OPTIONS', 'DESCRIBE', 'SETUP']) {
    const message = await ask(method);
    t.like(message, { start: 'RTSP/1.0 200 OK' });
  }
  t.true(camera.logins().every((line) => line.startsWith('Authorization: Digest ')));
  t.is(camera.logins().length, 3);
  const basic = Buffer.from('viewer:hunter2').toString('base64');
  t.false(JSON.stringify(camera.requests).includes(basic));
});

test('basic alone is answered to the camera itself', async (t) => {
  const { camera, ask } = await relayed(
    t,
    (request) => (isAuthorized(request, 'Basic') ? ['200 OK'] : ['401 Unauthorized', BASIC]),
    AUTH,
  );
  t.like(await ask('DESCRIBE'), { start: 'RTSP/1.0 200 OK' });
  t.is(camera.logins().length, 1);
});

const elsewhere: Record<string, (port: number, own: number) => string> = {
  'another port': (port) => `rtsp://127.0.0.1:${port}/live`,
  'another host': (_, own) => `rtsp://127.0.0.2:${own}/live`,
  'another host by a name like the own one': (_, own) => `rtsp://127.0.0.1.example:${own}/live`,
  'another protocol': (_, own) => `http://127.0.0.1:${own}/live`,
  'RTSP over TLS': (_, own) => `rtsps://127.0.0.1:${own}/live`,
  'an address with credentials': (_, own) => `rtsp://a:b@127.0.0.1:${own}/live`,
  'a path alone': () => '/other',
  nowhere: () => '',
};

for (const [where, target] of Object.entries(elsewhere))
  for (const at of ['DESCRIBE', 'PLAY'])
    test(`a redirect of ${at} to ${where} is refused, and nothing is sent there`, async (t) => {
      const other = await fakeRtspCamera(t, () => ['401 Unauthorized', BASIC]);
      let own = 0;
      const { camera, relay, ask } = await relayed(
        t,
        (request) =>
          methodOf(request) === at
            ? ['302 Moved', `Location: ${target(other.port, own)}`]
            : ['200 OK'],
        AUTH,
      );
      own = camera.port;
      t.like(await ask('OPTIONS'), { start: 'RTSP/1.0 200 OK' });
      t.is(await ask(at), 'ended');
      t.like(relay.fault, {
        code: 'redirect_refused',
        message: 'the camera redirected to another address',
      });
      t.is(other.connections(), 0);
    });

test('a redirect on the same host and port leads the reader to the relay again', async (t) => {
  let port = 0;
  const { camera, ask, url } = await relayed(t, ({ start }) =>
    start.includes('/other?a=1')
      ? ['200 OK']
      : ['302 Moved', `Location: RTSP://127.0.0.1:${port}/other?a=1`],
  );
  port = camera.port;
  const redirected = await ask('DESCRIBE');
  const location = url.replace(/\/live$/, '/other?a=1');
  t.like(redirected, { headers: [`CSeq: 1`, `Location: ${location}`] });
  t.like(await ask('DESCRIBE', location), { start: 'RTSP/1.0 200 OK' });
  t.is(camera.requests.at(-1)?.start, `DESCRIBE rtsp://127.0.0.1:${port}/other?a=1 RTSP/1.0`);
});

test('a camera that asks the reader to go elsewhere, by a request of its own, is refused', async (t) => {
  const { camera, ask } = await relayed(t, (request, socket) => {
    if (methodOf(request) === 'PLAY')
      socket.write(
        'REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 77\r\nLocation: rtsp://127.0.0.2/\r\n\r\n',
      );
    return ['200 OK'];
  });
  t.like(await ask('PLAY'), { start: 'RTSP/1.0 200 OK' });
  t.like(await ask('OPTIONS'), { start: 'RTSP/1.0 200 OK' });
  t.false(camera.requests.some(({ start }) => start.includes('127.0.0.2')));
});

test('a program that does not know the address of the relay gets nothing', async (t) => {
  const { camera, ask } = await relayed(t, () => ['200 OK'], AUTH);
  t.is(await ask('DESCRIBE', `rtsp://127.0.0.1/live`), 'ended');
  t.is(camera.requests.length, 0);
});

test('a camera that rejects the password is not asked again after five refusals', async (t) => {
  const { camera, ask, relay } = await relayed(t, () => ['401 Unauthorized', DIGEST], AUTH);
  for (let i = 0; i < 5; i++) t.like(await ask('DESCRIBE'), { start: 'RTSP/1.0 401 Unauthorized' });
  t.is(await ask('DESCRIBE'), 'ended');
  t.regex((relay.fault as Error).message, /5 times and is not asked again/);
  t.is(camera.logins().length, 5);
});
