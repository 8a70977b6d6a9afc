import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { DetectorAdditions } from '../../../../core/detection/installer/detector-additions.js';
import type { DetectorInstaller } from '../../../../core/detection/installer/detector-installer.js';
import type {
  Installed,
  InstallOptions,
} from '../../../../core/detection/installer/installer-options.js';
import { DownloadError, noSpace } from '../../../../core/detection/models/download-error.js';
import { ModelFolder } from '../../../../core/detection/models/model-folder.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { eventually } from '../../../support/eventually.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

type Download = (id: string, options: InstallOptions) => Promise<Installed>;

const added = (id: string): Installed => ({ id, bytes: 7, outcome: 'added' });

/** Additions over an installer that downloads as it is told. */
async function setUp(t: ExecutionContext, models: string[], download: Download) {
  const asked: string[] = [];
  const lines: { detector?: string; reason?: string; msg: string }[] = [];
  const installer = {
    downloadable: () => undefined,
    download: (id: string, options: InstallOptions) => {
      asked.push(id);
      return download(id, options);
    },
    remove: async () => undefined,
    addFile: async () => {
      throw noSpace('/data', 'the disk is full');
    },
  };
  const additions = new DetectorAdditions({
    installer: installer as unknown as DetectorInstaller,
    folder: new ModelFolder(join(await temporaryFolder(t), 'detectors')),
    models,
    log: pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) }),
    retryMs: 20,
    maxRetryMs: 40,
  });
  t.teardown(() => additions.stop());
  const stateOf = (id: string) =>
    additions.described([{ id } as Parameters<typeof additions.described>[0][number]])[0]?.addition;
  return { additions, asked, lines, stateOf };
}

test('configured models are added one after the other, and those that fail again later', async (t) => {
  let underWay = 0;
  const { additions, asked, lines, stateOf } = await setUp(t, ['a', 'b', 'c'], async (id) => {
    t.is(++underWay, 1, 'one at a time');
    await delay(5);
    underWay--;
    if (id === 'b' && asked.length < 6) throw new DownloadError('refused', 'status 404');
    return added(id);
  });
  await additions.start();
  t.like(stateOf('c'), { state: 'waiting' });
  await eventually(
    'all are there',
    () => lines.filter(({ msg }) => msg === 'model downloaded').length === 3,
  );
  t.deepEqual(asked, ['a', 'b', 'c', 'b', 'b', 'b']);
  for (const id of ['a', 'b', 'c']) t.is(stateOf(id), undefined);
  const failures = lines.filter(({ msg }) => msg === 'model not added');
  t.deepEqual(
    failures.map(({ detector, reason }) => [detector, reason]),
    [
      ['b', 'status 404'],
      ['b', 'status 404'],
      ['b', 'status 404'],
    ],
  );
  await delay(60);
  t.is(asked.length, 6, 'then it rests');
});

test('the state follows the download, and a failure says why', async (t) => {
  const steps: (() => void)[] = [];
  const pause = () => new Promise<void>((resolve) => steps.push(resolve));
  const { additions, stateOf } = await setUp(t, [], async (_, options) => {
    options.onProgress?.({ bytes: 3, totalBytes: 7 });
    await pause();
    options.onRetry?.('the connection was cut', 1_000);
    await pause();
    options.onTrial?.();
    await pause();
    throw new ProblemError('detector_refused', 'it was not added: it is no model');
  });
  await additions.start();
  additions.begin('a');
  const next = async () => {
    await eventually(() => steps.length > 0);
    steps.pop()?.();
    await delay(1);
  };
  t.deepEqual(stateOf('a'), { state: 'downloading', bytes: 3, totalBytes: 7, reason: undefined });
  await next();
  t.like(stateOf('a'), { state: 'waiting', bytes: 3, reason: 'the connection was cut' });
  const busy = t.throws(() => additions.begin('b'), { instanceOf: ProblemError });
  t.is(busy.code, 'detectors_busy');
  await next();
  t.like(stateOf('a'), { state: 'trying' });
  await next();
  await eventually('it failed', () => stateOf('a')?.state === 'failed');
  t.is(stateOf('a')?.reason, 'it was not added: it is no model');
  await additions.remove('a');
  t.is(stateOf('a'), undefined);
});

test('stopping ends a download and begins no other', async (t) => {
  const { additions, asked, lines, stateOf } = await setUp(
    t,
    ['a', 'b'],
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DownloadError('cancelled', 'cancelled')));
      }),
  );
  await additions.start();
  await eventually('it began', () => asked.length === 1);
  await additions.stop();
  t.deepEqual(asked, ['a']);
  t.deepEqual(lines, []);
  t.like(stateOf('a'), { state: 'waiting' });
});

test('a full disk is the problem of an upload', async (t) => {
  const { additions } = await setUp(t, [], async (id) => added(id));
  const error = await t.throwsAsync(
    additions.exclusively(() => additions.addFile({ content: { path: '/data/x' } })),
    { instanceOf: ProblemError },
  );
  t.is(error.code, 'disk_budget_spent');
  await t.notThrowsAsync(additions.remove('a'), 'the next one is not refused');
});
