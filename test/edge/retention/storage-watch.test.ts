import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { StorageWatch } from '../../../edge/retention/storage-watch.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

async function startWatch(t: ExecutionContext, probe: () => Promise<void>) {
  const messages: string[] = [];
  const log = pino({}, { write: (line) => messages.push(String(JSON.parse(line).msg)) });
  const dataFolder = await temporaryFolder();
  const watch = new StorageWatch({ dataFolder, minFreeBytes: 0, probe, log });
  await watch.start();
  t.teardown(() => watch.stop());
  return { watch, messages };
}

test('a disk that cannot be written is a reason, logged once a minute however often it fails, until a write succeeds', async (t) => {
  let writable = false;
  const { watch, messages } = await startWatch(t, async () => {
    if (!writable) throw full;
  });
  t.is(watch.reason, undefined);
  for (let i = 0; i < 20; i++) watch.failed(full);
  t.is(watch.reason, 'the disk is full or cannot be written');
  watch.failed(new Error('the budget is spent'));
  await eventually('a probe', () => watch.reason === 'the disk cannot be written');
  t.is(messages.length, 1);
  writable = true;
  watch.failed(new Error('the budget is spent'));
  await eventually('the recovery', () => watch.reason === undefined);
  t.deepEqual(messages.slice(1), ['the disk can be written again']);
});

test("an error that is not the storage's is not a reason", async (t) => {
  const { watch, messages } = await startWatch(t, async () => undefined);
  watch.failed(new Error('the camera is upside down'));
  await watch.stop();
  t.is(watch.reason, undefined);
  t.deepEqual(messages, []);
});
