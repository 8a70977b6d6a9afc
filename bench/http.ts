import { parseArgs } from 'node:util';
import { type Appliance, startAppliance } from './support/appliance.js';
import type { BareQuestion, BareReply } from './support/bare-loop.js';
import type { LoadQuestion, LoadReply } from './support/load.js';
import { childrenOf, cpuMs, machineCpuMs, peakRssMb } from './support/processes.js';
import { percentiles, printFigures, printTable } from './support/report.js';
import { photo, snapshots } from './support/scenes.js';
import { SideProcess } from './support/side-process.js';

/** Uploads through HTTP against the same work in a bare loop, uploads that are known already, and a large photo. */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    workers: { type: 'string', default: '2' },
    connections: { type: 'string', default: '8' },
    /** `auto` searches with the project's own engine, in the service and in the bare loop. */
    engine: { type: 'string', default: 'opencv' },
    /** A folder for a CPU profile of the service. */
    profile: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const workers = Number(values.workers);
const engine = values.engine === 'auto' ? 'auto' : 'opencv';
const CACHED_CONNECTIONS = 32;
const PHOTOS = 7;

type Load = SideProcess<LoadQuestion, LoadReply>;
type Bare = SideProcess<BareQuestion, BareReply>;

interface Measured<T> {
  reply: T;
  /** Processor time per image of each process that took part, milliseconds. */
  cpuMs: number[];
  /** The part of the machine's processor time that other programs took meanwhile, in percent. */
  othersPercent: number;
}

async function withCpu<T extends { done: number }>(
  pids: number[],
  run: () => Promise<T>,
): Promise<Measured<T>> {
  const before = { own: pids.map(cpuMs), machine: machineCpuMs() };
  const reply = await run();
  const own = pids.map((pid, i) => cpuMs(pid) - (before.own[i] ?? 0));
  const machine = machineCpuMs();
  const others = machine.used - before.machine.used - sum(own);
  return {
    reply,
    cpuMs: own.map((ms) => ms / reply.done),
    othersPercent: (100 * Math.max(0, others)) / (machine.all - before.machine.all),
  };
}

/** The machine's speed drifts, so each round measures all three in turn; ratios are taken within a round. */
async function measureRounds(appliance: Appliance, load: Load, bare: Bare, images: Buffer[]) {
  const { port } = appliance;
  const endless = { port, requests: Number.POSITIVE_INFINITY };
  const connections = Number(values.connections);
  let from = 0;
  const alone = (lasting: number) => bare.ask({ workers, images, seconds: lasting, engine });
  const unique = async (lasting: number) => {
    const question = { ...endless, images, connections, unique: true, from, seconds: lasting };
    const reply = await load.ask(question);
    from += reply.done;
    return reply;
  };
  const cached = (lasting: number) =>
    load.ask({
      ...endless,
      images: images.slice(0, 1),
      connections: CACHED_CONNECTIONS,
      unique: false,
      from: 0,
      seconds: lasting,
    });
  await alone(1);
  await unique(1);
  await cached(1);
  const bareProcesses = [bare.pid, ...childrenOf(bare.pid)];
  const processes = [appliance.pid, load.pid, ...appliance.workers];
  const measured = [];
  for (let round = 0; round < rounds; round++)
    measured.push({
      alone: await withCpu(bareProcesses, () => alone(seconds)),
      served: await withCpu(processes, () => unique(seconds)),
      known: await withCpu(processes, () => cached(Math.min(3, seconds))),
    });
  return measured;
}

/** Milliseconds of one request at a time, with large and small photos in turn. */
async function measurePhotos({ port }: Appliance, load: Load) {
  const large = await photo({ width: 4000, height: 3000 });
  const small = await photo({ width: 1280, height: 960 });
  const once = async (image: Buffer, from: number) => {
    const one = { connections: 1, unique: true, requests: 1, seconds: 60 };
    const { latenciesMs } = await load.ask({ port, images: [image], from, ...one });
    return latenciesMs[0] ?? Number.NaN;
  };
  const times: { large: number; small: number }[] = [];
  for (let n = 0; n <= PHOTOS; n++)
    times.push({ large: await once(large, n), small: await once(small, n) });
  const warm = times.slice(1);
  return {
    photo12MpMs: median(warm.map((t) => t.large)),
    photo1280Ms: median(warm.map((t) => t.small)),
  };
}

const median = (numbers: number[]): number => percentiles(numbers).p50;

const sum = (numbers: number[]): number => numbers.reduce((total, n) => total + n, 0);

const images = await snapshots(8);
const load: Load = new SideProcess('load');
const bare: Bare = new SideProcess('bare-loop');
const profiling = values.profile ? ['--cpu-prof', '--cpu-prof-dir', values.profile] : [];
const appliance = await startAppliance(workers, profiling, [`detection.engine=${engine}`]);
try {
  const measured = await measureRounds(appliance, load, bare, images);
  const photos = await measurePhotos(appliance, load);
  const latency = percentiles(measured.flatMap(({ served }) => served.reply.latenciesMs));
  const table = measured.map(({ alone, served, known }, round) => ({
    round: round + 1,
    'bare/s': alone.reply.perSecond,
    'unique/s': served.reply.perSecond,
    ratio: served.reply.perSecond / alone.reply.perSecond,
    'CPU ratio': sum(alone.cpuMs) / sum(served.cpuMs),
    'others %': Math.max(alone.othersPercent, served.othersPercent, known.othersPercent),
    'service CPU ms': served.cpuMs[0] ?? Number.NaN,
    'cached/s': known.reply.perSecond,
    'service CPU ms, cached': known.cpuMs[0] ?? Number.NaN,
    'p95 ms, cached': percentiles(known.reply.latenciesMs).p95,
  }));
  printTable(table);
  console.log(
    `snapshots of ${Math.round(sum(images.map((i) => i.length)) / images.length / 1000)} kB`,
  );
  const perSecond = (of: 'alone' | 'served' | 'known') =>
    median(measured.map((round) => round[of].reply.perSecond));
  printFigures('http', {
    ratioToBare: median(table.map(({ ratio }) => ratio)),
    othersPercent: median(table.map((row) => row['others %'])),
    cpuRatioToBare: median(table.map((row) => row['CPU ratio'])),
    barePerSecond: perSecond('alone'),
    uniquePerSecond: perSecond('served'),
    cachedPerSecond: perSecond('known'),
    p50Ms: latency.p50,
    p95Ms: latency.p95,
    p99Ms: latency.p99,
    ...photos,
    servicePeakMb: peakRssMb(appliance.pid),
    workerPeakMb: Math.max(...appliance.workers.map(peakRssMb)),
    loadPeakMb: peakRssMb(load.pid),
    barePeakMb: peakRssMb(bare.pid),
  });
} finally {
  await Promise.all([load.stop(), bare.stop(), appliance.stop()]);
}
