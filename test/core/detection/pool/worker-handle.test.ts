import test from 'ava';
import { workerEnvironment } from '../../../../core/detection/pool/worker-environment.js';
import { WorkerHandle } from '../../../../core/detection/pool/worker-handle.js';
import { StartError } from '../../../../core/runtime/errors.js';
import { silentLogger } from '../../../../core/runtime/logger.js';

test('a worker that ends before it is ready is reported with what it printed', async (t) => {
  const worker = new WorkerHandle({
    environment: { ...workerEnvironment(1e6), NODE_OPTIONS: '--require /nowhere/preload.cjs' },
    handshakeDeadlineMs: 20_000,
    jobDeadlineMs: 1_000,
    log: silentLogger(),
  });
  const error = await t.throwsAsync(worker.start(), { instanceOf: StartError });
  t.regex(error.message, /ended before it was ready \(exit code 1\)\./);
  t.regex(error.message, /Cannot find module '\/nowhere\/preload\.cjs'/);
  t.notRegex(error.message, /\n| at /);
  await worker.ended;
});
