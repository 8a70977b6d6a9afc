import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../../test/support/temporary-folder.js';
import { childrenOf } from './processes.js';

export interface Appliance {
  port: number;
  /** The service's process, and those of its detection workers. */
  pid: number;
  workers: number[];
  dataFolder: string;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../edge/main.js', import.meta.url));
/** As `npm start` and the programs' first line have it. */
export const NODE_ARGUMENTS = ['--max-semi-space-size=4'];
export const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '81920', MALLOC_TRIM_THRESHOLD_: '65536' };
const START_DEADLINE_MS = 30_000;

/** Starts the appliance's own program on a free loopback port, with a data folder that goes with it. */
export async function startAppliance(
  workers: number,
  nodeArguments: string[] = [],
  more: string[] = [],
): Promise<Appliance> {
  const dataFolder = await temporaryFolder();
  const settings = [
    `dataFolder=${dataFolder}`,
    'http.port=0',
    'http.auth=none',
    `detection.workers=${workers}`,
    ...more,
  ];
  const child = spawn(
    process.execPath,
    [
      ...NODE_ARGUMENTS,
      ...nodeArguments,
      MAIN,
      ...settings.flatMap((setting) => ['--set', setting]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...ALLOCATOR } },
  );
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const stop = async () => {
    process.off('exit', kill);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await rm(dataFolder, { recursive: true, force: true });
  };
  try {
    const port = await portOf(child, child.stdout);
    await allReady(port, workers);
    const pid = child.pid ?? 0;
    return { port, pid, workers: childrenOf(pid), dataFolder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The service takes work as soon as one worker is ready; a measurement waits for all of them. */
async function allReady(port: number, workers: number): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const ready = /^siteglass_detection_workers_ready (\d+)/m.exec(metrics)?.[1];
    if (Number(ready) === workers) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the detection workers did not get ready');
}

/** The appliance says in its log where it listens. */
function portOf(child: ChildProcess, log: Readable): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error('the appliance did not start in time')),
      START_DEADLINE_MS,
    );
    child.once('exit', (code) => reject(new Error(`the appliance ended with code ${code}`)));
    createInterface({ input: log }).on('line', (line) => {
      const { msg, url } = JSON.parse(line) as { msg: string; url?: string };
      if (msg !== 'listening' || !url) return;
      clearTimeout(late);
      resolve(Number(new URL(url).port));
    });
  });
}
