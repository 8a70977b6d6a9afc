import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { ExecutionContext } from 'ava';
import type { S3Bucket } from '../../core/store/s3-file-store.js';
import { eventually, freePort, temporaryFolder } from './delivery-fixtures.js';

const BUCKET = 'siteglass-test';

/** An S3 server in a process of its own, with an empty bucket, gone after the test. */
export async function startS3(t: ExecutionContext): Promise<S3Bucket> {
  const port = await freePort();
  const program = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
  const folder = await temporaryFolder(t);
  const server = spawn(
    process.execPath,
    [
      program,
      '-d',
      folder,
      '-a',
      '127.0.0.1',
      '-p',
      String(port),
      '-s',
      '--configure-bucket',
      BUCKET,
    ],
    { stdio: 'ignore' },
  );
  t.teardown(() => server.kill('SIGKILL'));
  const endpoint = `http://127.0.0.1:${port}`;
  await eventually(() =>
    fetch(endpoint).then(
      () => true,
      () => false,
    ),
  );
  return {
    bucket: BUCKET,
    region: 'us-east-1',
    endpoint,
    pathStyle: true,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
  };
}
