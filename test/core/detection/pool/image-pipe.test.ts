import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { workerEnvironment } from '../../../../core/detection/pool/worker-environment.js';
import { IMAGE_DESCRIPTOR, type SentJob } from '../../../../core/detection/protocol.js';
import { plainImage, planFor, startPool } from '../detection-setup.js';

/** A PNG of pixels that do not compress: its checksums show whether each byte arrives. */
const noise = (width: number, height: number) =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();

test('images that a pipe does not hold at once arrive whole, and in the order of their jobs', async (t) => {
  const pool = await startPool(t, { workers: 1 });
  const plan = await planFor();
  const small = await plainImage(320, 240).jpeg().toBuffer();
  const images = [await noise(1600, 1200), small, await noise(800, 600), small];
  t.true(images[0] !== undefined && images[0].length > 5_000_000);
  const found = await Promise.all(images.map((bytes) => pool.analyse(bytes, plan)));
  t.deepEqual(
    found.map(({ width, height }) => [width, height]),
    [
      [1600, 1200],
      [320, 240],
      [800, 600],
      [320, 240],
    ],
  );
});

test('a refused image leaves nothing in the pipe for the next job', async (t) => {
  const pool = await startPool(t, { workers: 1 });
  const plan = await planFor();
  const refused = pool.analyse(
    Buffer.concat([Buffer.from('no image'), randomBytes(900_000)]),
    plan,
  );
  const bytes = await noise(400, 300);
  const next = pool.analyse(bytes, plan);
  const drawn = pool.draw(bytes, []);
  await t.throwsAsync(refused, { code: 'image_undecodable' });
  t.like(await next, { width: 400, height: 300 });
  t.like(await sharp(await drawn).metadata(), { width: 400, height: 300 });
});

async function startWorker(t: ExecutionContext): Promise<ChildProcess> {
  const worker = fork(new URL('../../../../core/detection/worker/main.js', import.meta.url), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    env: workerEnvironment(1_000_000),
  });
  t.teardown(() => worker.kill('SIGKILL'));
  await once(worker, 'message');
  return worker;
}

test('a worker that waits for the rest of an image ends if the pipe is closed', async (t) => {
  const worker = await startWorker(t);
  const ended = once(worker, 'exit');
  const images = worker.stdio[IMAGE_DESCRIPTOR] as Writable;
  images.write('the first bytes');
  const job: SentJob = { kind: 'analyse', imageBytes: 1_000, plan: await planFor() };
  worker.send(job);
  images.end();
  const [code] = await ended;
  t.is(code, 0);
});

test('a worker without memory for an image ends, so that no other job gets the bytes', async (t) => {
  const worker = await startWorker(t);
  const ended = once(worker, 'exit');
  const replied = once(worker, 'message').then(() => 'replied');
  const images = worker.stdio[IMAGE_DESCRIPTOR] as Writable;
  // It ends with what was written unread.
  images.on('error', () => undefined).write('an image');
  const job: SentJob = { kind: 'draw', imageBytes: 2 ** 50, boxes: [] };
  worker.send(job);
  t.deepEqual(await Promise.race([ended, replied]), [1, null]);
});
