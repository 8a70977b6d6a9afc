import { readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DetectorResource } from '../../../../core/contract/detection.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { squares } from '../../../core/detection/onnx-setup.js';
import { file, startFileServer } from '../../../fakes/file-server.js';
import { eventually } from '../../../support/eventually.js';
import { sha256Of } from '../../../support/model-manifest.js';
import { type ProgramName, runProgram, runToEnd, urlOf } from '../../../support/program.js';
import { squareModel } from '../../../support/square-model.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { trialFile } from '../../../support/trial-files.js';

const model = squareModel(64);
const cascadeFile = join(projectRoot(), 'cascades', 'stop-sign.xml');
const sample = join(projectRoot(), 'samples', '4-two-signs.jpg');
const SQUARES = 'family: yolov8\nlabels: [red, green, blue]\n';

async function setUp(t: ExecutionContext, name: ProgramName = 'edge') {
  const dataFolder = join(await temporaryFolder(t), 'data');
  const set = `--set=dataFolder=${dataFolder}`;
  const detector = (...words: string[]) => runToEnd(t, name, ['detector', ...words, set]);
  const list = async () => {
    const { output } = await detector('list', '--json');
    return (JSON.parse(output) as { detectors: DetectorResource[] }).detectors;
  };
  return { dataFolder, set, detector, list };
}

/** A folder as on a USB stick: a model with its description. */
async function stick(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'Fork_Lift.onnx'), model);
  await writeFile(join(folder, 'Fork_Lift.yaml'), SQUARES);
  return join(folder, 'Fork_Lift.onnx');
}

for (const name of ['edge', 'cloud-relay'] as ProgramName[])
  test.serial(
    `a detector is added, tried and removed while the program runs (${name})`,
    async (t) => {
      const { set, detector } = await setUp(t, name);
      const broker = name === 'edge' ? [] : ['--set=mqtt.embedded.port=0'];
      const program = runProgram(t, name, [
        ...[set, '--set=http.port=0', '--set=detection.workers=1'],
        ...broker,
      ]);
      const url = await urlOf(program);
      const token = readFileSync(
        join(set.slice('--set=dataFolder='.length), 'admin-token'),
        'utf8',
      );
      const ask = async () => {
        const response = await fetch(`${url}/api/v1/objectdetection/detectors/fork-lift`, {
          headers: { Authorization: `Bearer ${token.trim()}` },
        });
        return (
          response.status === 200 && ((await response.json()) as { detector: DetectorResource })
        );
      };

      const added = await detector('add', await stick(t));
      t.is(added.code, 0, added.errors);
      t.regex(added.output, /^The detector "fork-lift" was added \(4 KiB\)\.$/m);
      t.regex(added.errors, /^Trying it in a worker\.$/m);
      const seen = await eventually('the program notices it', ask, 10_000);
      t.like(seen.detector, { status: 'ready', labels: ['red', 'green', 'blue'], removable: true });

      const image = join(await temporaryFolder(t), 'square.jpg');
      const square = { left: 100, top: 200, width: 300, height: 200 };
      await squares(640, 640, square).jpeg().toFile(image);
      const tried = await detector('try', 'fork-lift', image);
      t.is(tried.code, 0, tried.errors);
      t.regex(
        tried.output,
        /^1 found in 640 × 640 pixels:\n {2}red +1\.00 {2}300 × 200 at 100, 200$/m,
      );
      t.regex(tried.output, /^Decoded in [\d.]+ ms, searched in [\d.]+ ms /m);
      const asJson = await detector('try', 'fork-lift', image, '--json');
      t.like(JSON.parse(asJson.output), {
        width: 640,
        detections: [{ label: 'red', detector: 'fork-lift' }],
      });

      t.is((await detector('remove', 'fork-lift')).code, 0);
      await eventually('the program notices it', async () => (await ask()) === false, 10_000);
      t.is(await program.end(), 0);
    },
  );

test.serial('detectors are listed with what an operator needs to choose one', async (t) => {
  const { detector, list } = await setUp(t);
  await detector('add', await stick(t), '--name', 'forklift');
  const { output, code } = await detector();
  t.is(code, 0);
  t.is((await detector('list')).output, output);
  t.regex(output, /^id +kind +status +size +default +labels +licence$/m);
  t.regex(output, /^stop-sign +cascade +ready +yes +stop sign +MIT$/m);
  t.regex(
    output,
    /^yolox-nano +onnx +available +3\.5 MiB +person, bicycle, car … \(80\) +Apache-2\.0$/m,
  );
  t.regex(output, /^forklift +onnx +ready +4 KiB +red, green, blue$/m);
  t.regex(output, /^Download one that is available with: detector add ID$/m);
  t.true((await list()).some(({ id, removable }) => id === 'forklift' && removable));
});

test.serial('a cascade is added from a file, and finds what it found there', async (t) => {
  const { detector } = await setUp(t);
  t.is((await detector('add', cascadeFile, '--name', 'halt')).code, 0);
  const { output } = await detector('try', 'halt', sample);
  t.regex(output, /^2 found in 960 × 540 pixels:$/m);
});

test.serial(
  'a file is downloaded from an address with progress, and its hash decides',
  async (t) => {
    const large = Buffer.concat([readFileSync(cascadeFile), Buffer.alloc(1_000_000, '\n')]);
    const server = await startFileServer(t, file({ content: large }));
    const { detector, list } = await setUp(t);
    const from = ['--url', `${server.url}/halt.xml`, '--sha256'];
    const wrong = await detector('add', 'halt', ...from, sha256Of(model));
    t.is(wrong.code, 1);
    t.regex(
      wrong.errors,
      /the file from 127\.0\.0\.1:\d+ is not the expected one: its SHA-256 differs/,
    );
    const added = await detector('add', 'halt', ...from, sha256Of(large));
    t.is(added.code, 0, added.errors);
    const percents = [...added.errors.matchAll(/^halt {2}(\d+) %/gm)].map(([, n]) => Number(n));
    t.is(percents[0], 0);
    t.is(percents.at(-1), 100);
    t.true(percents.length >= 3 && percents.length <= 11, added.errors);
    t.regex(added.errors, /^halt {2}100 % {2}1\.1 MiB of 1\.1 MiB/m);
    t.like(
      (await list()).find(({ id }) => id === 'halt'),
      { status: 'ready' },
    );
    const again = await detector('add', 'halt', ...from, sha256Of(large));
    t.regex(again.output, /"halt" is there already/);
  },
);

test.serial(
  'a command that is killed in the middle leaves no lock, and the next one goes on',
  async (t) => {
    const large = Buffer.concat([readFileSync(cascadeFile), Buffer.alloc(500_000, '\n')]);
    const stalled = { content: large, etag: '"1"', stallAt: 300_000 };
    const server = await startFileServer(t, file(stalled));
    const { detector, dataFolder, set } = await setUp(t);
    const words = ['add', 'halt', '--url', `${server.url}/a.xml`, '--sha256', sha256Of(large)];
    const killed = runProgram(t, 'edge', ['detector', ...words, set]);
    const part = join(dataFolder, 'detectors', 'partial', `${sha256Of(large)}.part`);
    await eventually('most has arrived', () => {
      const size = statSync(part, { throwIfNoEntry: false })?.size ?? 0;
      return size === 300_000;
    });
    const waiting = runProgram(t, 'edge', ['detector', ...words, set]);
    await eventually('the second one waits', () => /waiting for it to end/.test(waiting.errors()));
    server.answers = [file({ content: large, etag: '"1"' })];
    t.is(await killed.end('SIGKILL'), 'SIGKILL');
    t.is(await waiting.ended, 0, waiting.errors());
    t.is(server.requests.at(-1)?.headers.range, 'bytes=300000-');
    t.regex((await detector('list')).output, /^halt +cascade +ready/m);
    t.deepEqual(await readdir(join(dataFolder, 'detectors', 'partial')), []);
  },
);

test.serial(
  'several commands that add the same at once all succeed, with one download',
  async (t) => {
    const content = readFileSync(cascadeFile);
    const server = await startFileServer(t, file({ content }));
    const { detector, list } = await setUp(t);
    const words = ['add', 'halt', '--url', `${server.url}/a.xml`, '--sha256', sha256Of(content)];
    const ended = await Promise.all([1, 2, 3].map(() => detector(...words)));
    t.deepEqual(
      ended.map(({ code }) => code),
      [0, 0, 0],
      ended.map(({ errors }) => errors).join('\n'),
    );
    t.is(server.requests.length, 1);
    t.is((await list()).find(({ id }) => id === 'halt')?.status, 'ready');
  },
);

test.serial('options of other commands are refused', async (t) => {
  t.is((await runToEnd(t, 'edge', ['doctor', '--url', 'http://h'])).code, 2);
  t.is((await runToEnd(t, 'edge', ['detector', '--role', 'admin'])).code, 2);
});

const yunet = trialFile('models', 'yunet_s_640.onnx');

test.serial(
  `a model of the manifest is downloaded from the mirror and tried${yunet ? '' : ' (skipped: no models for trials are here)'}`,
  async (t) => {
    if (!yunet) {
      t.log('Set SITEGLASS_TRIALS to a folder with models/.');
      t.pass();
      return;
    }
    const server = await startFileServer(t, file({ content: readFileSync(yunet) }));
    const { detector } = await setUp(t);
    const mirror = `--set=detection.modelMirror=${server.url}/models`;
    const { code, output, errors } = await detector('add', 'yunet', mirror);
    t.is(code, 0, errors);
    t.regex(output, /^The detector "yunet" was added \(227 KiB\)\.$/m);
    t.is(server.requests[0]?.url, '/models/face_detection_yunet_2023mar.onnx');
    t.regex((await detector()).output, /^yunet +onnx +ready +227 KiB +face +MIT$/m);
    const tried = await detector('try', 'yunet', sample);
    t.regex(tried.output, /^Nothing found in 960 × 540 pixels\.$/m);
  },
);

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

(isRoot ? test.serial : test.serial.skip)(
  'what root adds belongs to the owner of the data folder (needs root)',
  async (t) => {
    const { detector, dataFolder } = await setUp(t);
    await mkdir(dataFolder);
    await chown(dataFolder, NOBODY, NOBODY);
    await chmod(join(dataFolder, '..'), 0o755);
    const { code, errors } = await detector('add', await stick(t));
    t.is(code, 0, errors);
    const owners = (await readdir(dataFolder, { recursive: true })).map(
      (path) => statSync(join(dataFolder, path)).uid,
    );
    t.true(owners.length > 4);
    t.true(owners.every((uid) => uid === NOBODY));
  },
);
