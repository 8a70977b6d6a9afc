import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { DiskBudget } from '../../../core/images/disk-budget.js';
import { StorageWatch } from '../../../edge/retention/storage-watch.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

async function startWatch(t: ExecutionContext, probe: () => Promise<void>, free = 10 ** 9) {
  const messages: string[] = [];
  const log = pino({}, { write: (line) => messages.push(String(JSON.parse(line).msg)) });
  const disk = { free };
  const limits = { maxBytes: 10 ** 9, minFreeBytes: 0 };
  const space = new DiskBudget(await temporaryFolder(), limits, async () => disk.free);
  const watch = new StorageWatch({ space, probe, log });
  await watch.start();
  t.teardown(() => watch.stop());
  return { watch, space, disk, messages };
}

test('a disk that cannot be written is a reason, logged once a minute however often it fails, until a write succeeds', async (t) => {
  let writable = false;
  const { watch, space, messages } = await startWatch(t, async () => {
    if (!writable) throw full;
  });
  t.is(space.writeFailure, undefined);
  for (let i = 0; i < 20; i++) watch.failed(full);
  t.is(space.writeFailure, 'the disk is full or cannot be written');
  watch.failed(new Error('the budget is spent'));
  await eventually('a probe', () => space.writeFailure === 'the disk cannot be written');
  t.is(messages.length, 1);
  writable = true;
  watch.failed(new Error('the budget is spent'));
  await eventually('the recovery', () => space.writeFailure === undefined);
  t.deepEqual(messages.slice(1), ['the disk can be written again']);
});

test('an error that does not come from the storage is no reason', async (t) => {
  const { watch, space, messages } = await startWatch(t, async () => undefined);
  watch.failed(new Error('the camera is upside down'));
  await watch.stop();
  t.is(space.writeFailure, undefined);
  t.deepEqual(messages, []);
});

test('a disk below its reserve is full before a write fails, and is written again when there is space', async (t) => {
  const { watch, space, disk, messages } = await startWatch(t, async () => undefined, 900_000);
  watch.failed(new Error('no space for the picture'));
  await eventually('the check', () => space.writeFailure === 'the disk is full');
  t.true(await space.isSpent(), 'the image store refuses, too');
  disk.free = 2_000_000;
  watch.failed(new Error('no space for the picture'));
  await eventually('the recovery', () => space.writeFailure === undefined);
  t.false(await space.isSpent());
  t.deepEqual(messages, ['the disk is full; nothing is recorded', 'the disk can be written again']);
});
