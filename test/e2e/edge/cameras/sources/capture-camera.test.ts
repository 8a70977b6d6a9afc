import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { Camera } from '../../../../../edge/cameras/camera.js';
import { createCamera } from '../../../../../edge/cameras/create-camera.js';
import { cameraConfig } from '../../../../edge/support/cameras.js';
import { renderVideo, startRtspServer } from '../../../../edge/support/peers.js';
import { fakeRtspCamera } from '../../../../fakes/fake-rtsp-camera.js';

const patient = () => AbortSignal.timeout(60_000);
const ACCOUNT: [string, string] = ['viewer', 's3:cr@t/é'];

function open(t: ExecutionContext, config: Record<string, unknown>): Camera {
  const camera = createCamera(cameraConfig({ timeoutSeconds: 20, ...config }), '', Date.now);
  t.teardown(() => camera.close?.());
  return camera;
}

/** The mean grey of a JPEG; `renderVideo` makes it rise with time. */
async function grey(bytes: Buffer | undefined): Promise<number> {
  if (!bytes) throw new Error('there is no picture');
  const { channels } = await sharp(bytes).greyscale().stats();
  return channels[0]?.mean ?? Number.NaN;
}

/** Processes of this test's own that capture. */
async function captures(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (!status.includes(`PPid:\t${process.pid}\n`)) return '';
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return command.includes('capture-main') ? `${pid} ${command}` : '';
    }),
  );
  return children.filter(Boolean);
}

test.serial(
  'an RTSP stream returns its newest frame, however long ago the last one was taken',
  async (t) => {
    const { url } = await startRtspServer(t, await renderVideo(t, 20));
    const camera = open(t, { kind: 'rtsp', url, holdOpenSeconds: 60 });
    const first = await grey((await camera.take(patient()))?.bytes);
    await sleep(4000);
    const second = await grey((await camera.take(patient()))?.bytes);
    // 4 s are a fifth of the clip, which rises by 219 (of 255 after expansion to the full range).
    t.true(second - first > 35, `from ${first} to ${second}`);
  },
);

test.serial(
  'a stream with digest authentication opens, and its password is in no command line or environment',
  async (t) => {
    const { url } = await startRtspServer(t, await renderVideo(t, 20), ACCOUNT);
    const [username, password] = ACCOUNT;
    const camera = open(t, {
      kind: 'rtsp',
      url,
      auth: { username, password },
      holdOpenSeconds: 60,
    });
    t.true((await camera.take(patient()))?.bytes.subarray(0, 2).equals(Buffer.from([0xff, 0xd8])));
    const [process = ''] = await captures();
    const [pid = ''] = process.split(' ');
    t.notRegex(process, /s3|viewer|rtsp:/);
    t.notRegex(await readFile(`/proc/${pid}/environ`, 'utf8'), /s3|viewer|rtsp:/);
  },
);

test.serial(
  'a wrong password, a wrong path and a dead host have different errors, without the address',
  async (t) => {
    const { url } = await startRtspServer(t, await renderVideo(t, 2), ACCOUNT);
    const refused = { username: 'viewer', password: 'hunter2' };
    const message = async (config: Record<string, unknown>) =>
      (await t.throwsAsync(open(t, { kind: 'rtsp', ...config }).take(patient())))?.message;
    t.is(await message({ url, auth: refused }), 'the camera rejected the user name or password');
    t.is(
      await message({
        url: url.replace('live', 'nope'),
        auth: { username: ACCOUNT[0], password: ACCOUNT[1] },
      }),
      'the camera has no such stream',
    );
    t.is(await message({ url: 'rtsp://127.0.0.1:9/live' }), 'the camera is unreachable');
  },
);

test.serial(
  'a stream that freezes fails at its deadline, its process ends, and it recovers',
  async (t) => {
    const video = await renderVideo(t, 20);
    const server = await startRtspServer(t, video);
    const camera = open(t, {
      kind: 'rtsp',
      url: server.url,
      holdOpenSeconds: 60,
      timeoutSeconds: 4,
    });
    t.truthy(await camera.take(patient()));
    server.freeze();
    await sleep(1000);
    const code = (await t.throwsAsync(camera.take(patient()), { name: 'CameraError' }))?.message;
    t.is(code, 'the camera did not respond in time');
    await sleep(100);
    t.deepEqual(await captures(), []);
    await server.end();
    await t.throwsAsync(camera.take(patient()), { message: 'the camera is unreachable' });
  },
);

test.serial('the process ends when no snapshot follows in time', async (t) => {
  const { url } = await startRtspServer(t, await renderVideo(t, 20));
  const camera = open(t, { kind: 'rtsp', url, holdOpenSeconds: 0.5 });
  await camera.take(patient());
  t.is((await captures()).length, 1);
  await sleep(1000);
  t.is((await captures()).length, 0);
  t.truthy(await camera.take(patient()));
  await camera.close?.();
  t.is((await captures()).length, 0);
});

test.serial('a video file is read step by step, and then has nothing new', async (t) => {
  const path = await renderVideo(t, 4);
  const camera = open(t, { kind: 'video', path, stepSeconds: 1 });
  const greys: number[] = [];
  for (let i = 0; i < 4; i++) {
    const snapshot = await camera.take(patient());
    greys.push(await grey(snapshot?.bytes));
    await snapshot?.markProcessed();
  }
  t.deepEqual(
    greys.toSorted((a, b) => a - b),
    greys,
  );
  t.true((greys[3] ?? 0) - (greys[0] ?? 0) > 120, greys.join(' '));
  t.is(await camera.take(patient()), undefined);
});

test.serial('a video file that loops starts again', async (t) => {
  const path = await renderVideo(t, 2);
  const camera = open(t, { kind: 'video', path, stepSeconds: 1.5, loop: true });
  const greys: number[] = [];
  for (let i = 0; i < 3; i++) {
    const snapshot = await camera.take(patient());
    greys.push(await grey(snapshot?.bytes));
    await snapshot?.markProcessed();
  }
  t.is(Math.round(greys[2] ?? 0), Math.round(greys[0] ?? 1));
  t.true((greys[1] ?? 0) > (greys[0] ?? 0) + 50, greys.join(' '));
});

test.serial('a missing device or file is an error that does not show its path', async (t) => {
  for (const config of [
    { kind: 'device', path: '/dev/video-none' },
    { kind: 'video', path: '/no/such/clip.mp4' },
  ])
    await t.throwsAsync(open(t, config).take(patient()), {
      message: 'the stream or device cannot be opened',
    });
});

test.serial(
  'a redirect to another address is refused, and the password reaches nobody',
  async (t) => {
    const BASIC = 'WWW-Authenticate: Basic realm="cam"';
    const thief = await fakeRtspCamera(t, () => ['401 Unauthorized', BASIC]);
    for (const when of ['before', 'after'] as const) {
      const camera = await fakeRtspCamera(t, ({ start, headers }) => {
        if (start.startsWith('OPTIONS')) return ['200 OK'];
        const isLoggedIn = headers.some((line) => line.startsWith('Authorization:'));
        if (when === 'after' && !isLoggedIn) return ['401 Unauthorized', BASIC];
        return ['302 Moved Temporarily', `Location: ${thief.url}`];
      });
      const auth = { username: 'viewer', password: 'hunter2' };
      const taken = open(t, { kind: 'rtsp', url: camera.url, auth }).take(patient());
      t.like(await t.throwsAsync(taken), {
        code: 'redirect_refused',
        message: 'the camera redirected to another address',
      });
      t.true(camera.connections() > 0);
    }
    t.is(thief.connections(), 0);
  },
);

test.serial('a file that makes FFmpeg open others is refused', async (t) => {
  const clip = await renderVideo(t, 2);
  const folder = dirname(clip);
  const segment = join(folder, 'clip.ts');
  await promisify(execFile)('ffmpeg', ['-loglevel', 'error', '-i', clip, '-c', 'copy', segment]);
  const lists = {
    'list.m3u8': '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nclip.ts\n#EXT-X-ENDLIST\n',
    'renamed.mp4': '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nclip.ts\n#EXT-X-ENDLIST\n',
    'list.ffconcat': 'ffconcat version 1.0\nfile clip.mp4\n',
    'concat.mp4': 'ffconcat version 1.0\nfile clip.mp4\n',
    'session.sdp':
      'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
    'frames%01d.jpg': 'no pattern either',
  };
  for (const [name, content] of Object.entries(lists)) {
    const path = join(folder, name);
    await writeFile(path, content);
    await t.throwsAsync(open(t, { kind: 'video', path }).take(patient()), undefined, name);
  }
  t.truthy(await open(t, { kind: 'video', path: segment }).take(patient()));
});

test.serial('the process of a stream has no new privileges', async (t) => {
  const { url } = await startRtspServer(t, await renderVideo(t, 5));
  const camera = open(t, { kind: 'rtsp', url, holdOpenSeconds: 60 });
  await camera.take(patient());
  const [process = ''] = await captures();
  const status = await readFile(`/proc/${process.split(' ')[0]}/status`, 'utf8');
  t.regex(status, /^NoNewPrivs:\t1$/m);
});
