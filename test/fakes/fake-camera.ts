import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { ExecutionContext } from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { head, httpFaults, TYPE } from './http-faults.js';
import { type Login, loginFaults } from './login-faults.js';
import { type RawAnswer, startRawServer } from './raw-server.js';
import { streamFaults } from './stream-faults.js';

/** What a camera does with each request; made anew for each camera. `picture` returns another picture each time. */
type Behaviour = () => (request: { head: string; picture: () => Buffer }) => RawAnswer;

const whole = (bytes: Buffer, headers: string[] = []): RawAnswer => [
  head([TYPE, `Content-Length: ${bytes.length}`, ...headers]),
  bytes,
];

const refusal = (status: number, headers: string[] = []): RawAnswer => [
  `HTTP/1.1 ${status} Fake\r\n`,
  ...[...headers, 'Content-Length: 0', 'Connection: close'].map((line) => `${line}\r\n`),
  '\r\n',
];

const withLogin =
  (makeLogin: () => Login): Behaviour =>
  () => {
    const login = makeLogin();
    return ({ head: request, picture }) => {
      const refused = login(request);
      if (!refused) return whole(picture());
      const { status, challenge } = refused;
      return refusal(status, challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]);
    };
  };

/** Cameras that give no new picture, each in its own way. */
const useless: Record<string, Behaviour> = {
  frozen: () => {
    let first: Buffer | undefined;
    return ({ picture }) => {
      first ??= picture();
      return whole(first);
    };
  },
  'not modified for ever': () => {
    let count = 0;
    return ({ picture }) => (count++ === 0 ? whole(picture(), ['ETag: "1"']) : refusal(304));
  },
  'cut off': () => {
    return ({ picture }) => {
      const bytes = picture();
      return [head([TYPE, `Content-Length: ${bytes.length}`]), bytes.subarray(0, 300)];
    };
  },
  'no answer': () => () => ['hang'],
  'half a head': () => () => ['HTTP/1.1 200 OK\r\nServer: x\r\n', 'hang'],
  'error 500': () => () => refusal(500),
  'wrong password': () => () => refusal(401, ['WWW-Authenticate: Basic realm="cam"']),
  'a page': () => () => [
    head(['Content-Type: text/html', 'Connection: close']),
    '<html><title>Camera</title></html>',
  ],
  'an empty body': () => () => [head([TYPE, 'Content-Length: 0'])],
  'far too large': () => () => [head([TYPE, 'Content-Length: 999999999'])],
  'a redirect elsewhere': () => () => refusal(302, ['Location: http://192.0.2.1/']),
  'no picture in its stream': () => () => [
    head(['Content-Type: multipart/x-mixed-replace; boundary=b']),
    '--b\r\nContent-Type: text/plain\r\n\r\nno signal\r\n'.repeat(200),
  ],
};

const names = (faults: object): string[] => Object.keys(faults);

const BEHAVIOURS: Record<string, Record<string, Behaviour>> = {
  http: Object.fromEntries(
    names(httpFaults(Buffer.alloc(1))).map((name) => [
      name,
      () =>
        ({ picture }) =>
          httpFaults(picture())[name] ?? [],
    ]),
  ),
  mjpeg: Object.fromEntries(
    names(streamFaults(Buffer.alloc(1), Buffer.alloc(1))).map((name) => [
      name,
      () =>
        ({ picture }) => [
          head(['Content-Type: multipart/x-mixed-replace; boundary=b']),
          ...(streamFaults(picture(), picture())[name] ?? []),
        ],
    ]),
  ),
  login: Object.fromEntries(
    Object.entries(loginFaults).map(([name, makeLogin]) => [name, withLogin(makeLogin)]),
  ),
  useless,
};

const slugOf = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');

/** The paths that a fake camera has, one for each fault. */
export const fakeCameraPaths = (): string[] =>
  Object.entries(BEHAVIOURS).flatMap(([kind, faults]) =>
    names(faults).map((name) => `/${kind}/${slugOf(name)}`),
  );

/** A counter as a comment in a JPEG, behind its first marker: the pixels stay the same. */
function numbered(jpeg: Buffer, number: number): Buffer {
  const comment = Buffer.from('fffe000a0000000000000000', 'hex');
  comment.writeUInt32BE(number, 8);
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
}

/** Serves each fault under its path; the state of a path, as a nonce, is kept between requests. */
export async function startFakeCamera(jpeg: Buffer, port = 0) {
  let pictures = 0;
  const picture = () => numbered(jpeg, ++pictures);
  const cameras = new Map<string, ReturnType<Behaviour>>(
    Object.entries(BEHAVIOURS).flatMap(([kind, faults]) =>
      Object.entries(faults).map(([name, make]) => [`/${kind}/${slugOf(name)}`, make()] as const),
    ),
  );
  const counts = new Map<string, number>();
  const server = await startRawServer(
    (request) => {
      const [path = '/'] = /(?<=^\w+ )[^? ]*/.exec(request) ?? [];
      counts.set(path, (counts.get(path) ?? 0) + 1);
      const list = () => [head(['Connection: close']), `${fakeCameraPaths().join('\n')}\n`];
      return cameras.get(path)?.({ head: request, picture }) ?? list();
    },
    { port },
  );
  return {
    url: server.url,
    close: () => server.close(),
    /** Requests for a path. */
    requestsFor: (path: string): number => counts.get(path) ?? 0,
  };
}

export async function fakeCamera(t: ExecutionContext, jpeg: Buffer) {
  const camera = await startFakeCamera(jpeg);
  t.teardown(() => camera.close());
  return camera;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8099' },
      picture: { type: 'string', default: join(projectRoot(), 'samples', '4-two-signs.jpg') },
    },
  });
  const { url } = await startFakeCamera(await readFile(values.picture), Number(values.port));
  console.log(`cameras with faults, one a path (Ctrl-C ends):`);
  for (const path of fakeCameraPaths()) console.log(`  ${url}${path}`);
}
