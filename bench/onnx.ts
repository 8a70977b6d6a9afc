import { mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { trialFile } from '../test/support/trial-files.js';
import { type Appliance, startAppliance } from './support/appliance.js';
import type { LoadQuestion, LoadReply } from './support/load.js';
import type { OnnxQuestion, OnnxReply } from './support/onnx-loop.js';
import { preparation } from './support/preparation.js';
import { cpuMs, machineCpuMs, peakRssMb, pssMb } from './support/processes.js';
import { percentiles, printFigures, printTable, type Row } from './support/report.js';
import { residentAlone } from './support/resident.js';
import { snapshots } from './support/scenes.js';
import { SideProcess } from './support/side-process.js';
import { syntheticModel } from './support/synthetic-model.js';

/** Uploads through HTTP that are searched with an ONNX model, against `session.run` alone in as many processes. */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    workers: { type: 'string', default: '2' },
    connections: { type: 'string', default: '8' },
    /** The first one is measured, the second one loaded for its memory. */
    model: { type: 'string', multiple: true },
  },
});
const [rounds, seconds, workers, connections] = [
  Number(values.rounds),
  Number(values.seconds),
  Number(values.workers),
  Number(values.connections),
];
/** As detection workers are started. */
const WORKER_FLAGS = ['--max-old-space-size=64', '--max-semi-space-size=1', '--expose-gc'];
const IDLE_MS = 1_500;

const median = (numbers: number[]): number => percentiles(numbers).p50;
const sum = (numbers: number[]): number => numbers.reduce((total, n) => total + n, 0);

/** What is given, what is there for trials, or a network of the same size that finds nothing. */
function models(folder: string): { id: string; file: string }[] {
  const trials = trialFile('models');
  const given = values.model ?? (trials === undefined ? [] : onnxFiles(trials));
  if (given.length === 0) {
    for (const id of ['synthetic', 'second'])
      writeFileSync(join(folder, `${id}.onnx`), syntheticModel());
    return ['synthetic', 'second'].map((id) => ({ id, file: join(folder, `${id}.onnx`) }));
  }
  return given.slice(0, 2).map((file) => {
    const id = `bench-${parse(file)
      .name.toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')}`;
    symlinkSync(file, join(folder, `${id}.onnx`));
    return { id, file };
  });
}

const onnxFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => join(folder, name));

/** Waits for the operator's models, which the appliance tries once they are a second old. */
async function untilReady({ port }: Appliance, ids: string[]): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/objectdetection/detectors`);
    const { detectors } = (await answer.json()) as {
      detectors: { id: string; status: string; reason?: string }[];
    };
    const own = ids.map((id) => detectors.find((one) => one.id === id));
    const refused = own.find((one) => one?.status === 'refused');
    if (refused) throw new Error(`${refused.id} is refused: ${refused.reason}`);
    if (own.every((one) => one?.status === 'ready')) return;
    await delay(100);
  }
  throw new Error('the models did not get ready');
}

const folder = mkdtempSync(join(tmpdir(), 'siteglass-bench-'));
const [first, second] = models(folder);
if (!first) throw new Error('there is no model');
const images = await snapshots(8);
const load = new SideProcess<LoadQuestion, LoadReply>('load');
const bare = Array.from(
  { length: workers },
  () => new SideProcess<OnnxQuestion, OnnxReply>('onnx-loop', WORKER_FLAGS),
);
const appliance = await startAppliance(workers, [], [`detection.folder=${folder}`]);
const resident = startAppliance(1, [], [`detection.folder=${folder}`]);
let from = 0;

const upload = async (port: number, detector: string | undefined, limit: Partial<LoadQuestion>) => {
  const reply = await load.ask({
    port,
    images,
    connections,
    unique: true,
    from,
    requests: Number.POSITIVE_INFINITY,
    seconds,
    ...(detector && { fields: { detector } }),
    ...limit,
  });
  from += reply.done;
  return reply;
};

const alone = async (lasting: number) => {
  const replies = await Promise.all(
    bare.map((one) => one.ask({ model: first.file, seconds: lasting })),
  );
  return {
    done: sum(replies.map((reply) => reply.done)),
    perSecond: sum(replies.map((reply) => reply.perSecond)),
    medianMs: median(replies.map((reply) => reply.medianMs)),
  };
};

/** Processor time of the machine that others took while `run` ran, in percent, and that of some processes. */
async function withCpu<T>(pids: number[], run: () => Promise<T>) {
  const before = { own: pids.map(cpuMs), machine: machineCpuMs() };
  const reply = await run();
  const own = pids.map((pid, i) => cpuMs(pid) - (before.own[i] ?? 0));
  const machine = machineCpuMs();
  const all = machine.all - before.machine.all;
  const others = machine.used - before.machine.used - sum(own);
  return { reply, own, othersPercent: (100 * Math.max(0, others)) / all };
}

interface MemoryFigures extends Row {
  after: string;
  'own MB': number;
}

/** Of an appliance's only worker, in megabytes of its own. */
async function memory() {
  const small = await resident;
  try {
    const ids = [first, second].flatMap((one) => one?.id ?? []);
    await untilReady(small, ids);
    const figures: MemoryFigures[] = [];
    // Trying the models has loaded the runtime, which a worker of a restarted appliance without models does not.
    const worker = () => small.workers[0] ?? 0;
    const measure = async (after: string) => {
      await delay(IDLE_MS);
      const { anonymousMb, otherFilesMb } = residentAlone([worker()]);
      figures.push({
        after,
        'own MB': anonymousMb[0] ?? Number.NaN,
        'libraries MB': otherFilesMb,
        'PSS MB': pssMb(worker()),
        'peak MB': peakRssMb(worker()),
      });
    };
    await measure('trying the models');
    for (const [i, id] of ids.entries()) {
      await upload(small.port, id, { requests: 20, seconds: 60, connections: 1 });
      await measure(`${i + 1} model${i === 0 ? '' : 's'}`);
    }
    return figures;
  } finally {
    await small.stop();
  }
}

/** Of a worker that has searched with a cascade alone. */
async function memoryBefore() {
  const plain = await startAppliance(1);
  try {
    await upload(plain.port, undefined, { requests: 20, seconds: 60, connections: 1 });
    await delay(IDLE_MS);
    const [worker = 0] = plain.workers;
    const { anonymousMb, otherFilesMb } = residentAlone([worker]);
    return {
      after: 'a cascade',
      'own MB': anonymousMb[0] ?? Number.NaN,
      'libraries MB': otherFilesMb,
      'PSS MB': pssMb(worker),
      'peak MB': peakRssMb(worker),
    };
  } finally {
    await plain.stop();
  }
}

type Round = Record<
  | 'round'
  | 'bare/s'
  | 'run ms'
  | 'run CPU ms'
  | 'served/s'
  | 'ratio'
  | 'CPU ratio'
  | 'service CPU ms'
  | 'workers CPU ms'
  | 'client CPU ms'
  | 'p50 ms'
  | 'others %',
  number
>;

try {
  const before = await memoryBefore();
  const figures = [before, ...(await memory())];
  printTable(figures);
  const [snapshot = Buffer.alloc(0)] = images;
  const prepared = preparation(snapshot);
  console.log(
    `a snapshot of 979 × 551: decoded at half its size in ${prepared.decodeMs.toFixed(2)} ms, made an input of 416 × 416 in ${prepared.letterboxMs.toFixed(2)} ms`,
  );
  await untilReady(appliance, [first.id]);
  await alone(1);
  await upload(appliance.port, first.id, { seconds: 2 });
  const table: Round[] = [];
  // The machine's speed drifts, so each round measures both in turn; ratios are taken within a round.
  for (let round = 1; round <= rounds; round++) {
    const bareRun = await withCpu(
      bare.map(({ pid }) => pid),
      () => alone(seconds),
    );
    const pids = [appliance.pid, load.pid, ...appliance.workers];
    const served = await withCpu(pids, () => upload(appliance.port, first.id, {}));
    const [service = 0, client = 0, ...ofWorkers] = served.own;
    const { done, perSecond, latenciesMs } = served.reply;
    table.push({
      round,
      'bare/s': bareRun.reply.perSecond,
      'run ms': bareRun.reply.medianMs,
      'run CPU ms': sum(bareRun.own) / bareRun.reply.done,
      'served/s': perSecond,
      ratio: perSecond / bareRun.reply.perSecond,
      'CPU ratio': sum(bareRun.own) / bareRun.reply.done / (sum(served.own) / done),
      'service CPU ms': service / done,
      'workers CPU ms': sum(ofWorkers) / done,
      'client CPU ms': client / done,
      'p50 ms': percentiles(latenciesMs).p50,
      'others %': Math.max(bareRun.othersPercent, served.othersPercent),
    });
  }
  printTable(table);
  const of = (column: keyof (typeof table)[number]) => median(table.map((row) => row[column]));
  printFigures('onnx', {
    ratioToBare: of('ratio'),
    barePerSecond: of('bare/s'),
    servedPerSecond: of('served/s'),
    cpuRatioToBare: of('CPU ratio'),
    runMs: of('run ms'),
    runCpuMs: of('run CPU ms'),
    ...prepared,
    serviceCpuMs: of('service CPU ms'),
    workersCpuMs: of('workers CPU ms'),
    othersPercent: of('others %'),
    ownBeforeMb: before['own MB'],
    ownWithOneMb: figures[2]?.['own MB'] ?? Number.NaN,
    ownWithTwoMb: figures[3]?.['own MB'] ?? Number.NaN,
  });
} finally {
  await Promise.all([load, ...bare].map((process) => process.stop()));
  await appliance.stop();
  await rm(folder, { recursive: true, force: true });
}
