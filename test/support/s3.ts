import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { TestFn } from 'ava';
import type { S3Bucket } from '../../core/store/s3-file-store.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { temporaryFolder } from './temporary-folder.js';

/** Buckets that a server begins with; each caller gets one. */
const BUCKETS = Array.from({ length: 16 }, (_, i) => `siteglass-test-${i}`);

interface S3Server {
  endpoint: string;
  stop(): Promise<void>;
}

/** An S3 server, in a process of its own, for the tests of one file. Resolves with an empty bucket for each caller. */
export function withS3(test: TestFn): () => Promise<S3Bucket> {
  const unused = [...BUCKETS];
  let server: Promise<S3Server> | undefined;
  test.after.always(async () => (await server)?.stop());
  return async () => {
    server ??= startServer();
    const { endpoint } = await server;
    const bucket = unused.pop();
    if (!bucket) throw new Error(`the server has no more than ${BUCKETS.length} buckets`);
    return {
      bucket,
      region: 'us-east-1',
      endpoint,
      pathStyle: true,
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
    };
  };
}

async function startServer(): Promise<S3Server> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const program = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
  const child: ChildProcess = spawn(
    process.execPath,
    [
      program,
      ...['-d', folder, '-a', '127.0.0.1', '-p', String(port), '-s'],
      ...BUCKETS.flatMap((bucket) => ['--configure-bucket', bucket]),
    ],
    { stdio: 'ignore' },
  );
  const endpoint = `http://127.0.0.1:${port}`;
  await eventually('the S3 server answers', () =>
    fetch(endpoint).then(
      () => true,
      () => child.exitCode === null && undefined,
    ),
  );
  return {
    endpoint,
    async stop() {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
