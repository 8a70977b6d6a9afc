import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { readOptions } from '../../../scripts/lib/options.mjs';
import { Problem, runMain } from '../../../scripts/lib/problem.mjs';
import { freePort } from '../../support/free-port.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/**
 * Loads each program from one address and measures it from another: `npm run flood -- [--seconds N] [--only edge|cloud-relay]`.
 * See docs/security.md.
 */
const ATTACKER = '127.0.0.2';
const OTHER = '127.0.0.1';
const MAX = { p99: 250, megabytes: 300, served: 5_000, recovery: 5_000 };
const PROGRAMS = ['edge', 'cloud-relay'] as const;
type Program = (typeof PROGRAMS)[number];

interface Started {
  child: ChildProcess;
  httpPort: number;
  mqttPort: number;
  token: string;
  folder: string;
  bytesLogged: () => number;
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || !child.kill('SIGTERM')) return;
  await once(child, 'close');
}

async function start(program: Program): Promise<Started> {
  const [httpPort, mqttPort] = [await freePort(), await freePort()];
  const folder = await temporaryFolder();
  const broker =
    program === 'edge'
      ? [`lan={embedded: {port: ${mqttPort}, accounts: []}}`]
      : [`mqtt.embedded.port=${mqttPort}`];
  const settings = [`dataFolder=${folder}`, `http.port=${httpPort}`, ...broker];
  const args = [
    '--max-semi-space-size=4',
    join(projectRoot(), 'dist', program, 'main.js'),
    ...settings.flatMap((setting) => ['--set', setting]),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let bytes = 0;
  child.stdout?.setEncoding('utf8').on('data', (more: string) => {
    bytes += more.length;
    text = `${text}${more}`.slice(-4_000);
  });
  for (let left = 300; !text.includes('"started"'); left--) {
    if (hasEnded(child) || left === 0) {
      await end(child);
      throw new Problem(`${program} did not start: ${text}`);
    }
    await delay(100);
  }
  const token = readFileSync(join(folder, 'admin-token'), 'utf8').trim();
  return { child, httpPort, mqttPort, token, folder, bytesLogged: () => bytes };
}

/** Milliseconds until the answer to a request; undefined if it is not 200 within ten seconds. */
function timed(port: number, path: string, token = '', from = OTHER): Promise<number | undefined> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const asked = request(
      {
        ...{ host: '127.0.0.1', port, path, localAddress: from, agent: false, timeout: 10_000 },
        headers: token ? { Authorization: `Bearer ${token}` } : {},
      },
      (response) => {
        response
          .resume()
          .once('end', () =>
            resolve(response.statusCode === 200 ? performance.now() - begun : undefined),
          )
          .once('error', () => resolve(undefined));
      },
    );
    asked.once('timeout', () => asked.destroy()).once('error', () => resolve(undefined));
    asked.end();
  });
}

const megabytesOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_000;

async function untilAnswered(port: number, from: string): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < 20_000) {
    const ms = await timed(port, '/healthz', '', from);
    if (ms !== undefined && ms < MAX.p99) break;
    await delay(100);
  }
  return performance.now() - begun;
}

async function measure(program: Program, seconds: number): Promise<string[]> {
  const { child, httpPort, mqttPort, token, folder, bytesLogged } = await start(program);
  let attack: ChildProcess | undefined;
  try {
    // The page's template is loaded with the first request for it.
    for (const path of ['/docs', '/healthz']) await timed(httpPort, path);
    const before = megabytesOf(child.pid ?? 0);
    const args = [ATTACKER, httpPort, mqttPort, seconds].map(String);
    const script = fileURLToPath(import.meta.resolve('./attack.js'));
    attack = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    // Its processor time would be that of another machine.
    setPriority(attack.pid ?? 0, Math.min(19, getPriority(child.pid ?? 0) + 5));
    let counts = '';
    attack.stdout?.setEncoding('utf8').on('data', (text: string) => {
      counts += text;
    });
    const ended = once(attack, 'close');
    const health: number[] = [];
    const served: number[] = [];
    let failed = 0;
    let peak = 0;
    const note = (ms: number | undefined, list: number[]) => {
      if (ms === undefined) failed += 1;
      else list.push(ms);
    };
    const path = program === 'edge' ? '/api/v1/cameras' : '/api/v1/sites';
    const waits: Promise<void>[] = [];
    for (let n = 0; !hasEnded(attack); n++) {
      if (hasEnded(child)) throw new Problem(`${program} ended during the flood.`);
      waits.push(timed(httpPort, '/healthz').then((ms) => note(ms, health)));
      if (n % 10 === 0) waits.push(timed(httpPort, path, token).then((ms) => note(ms, served)));
      peak = Math.max(peak, megabytesOf(child.pid ?? 0));
      await delay(50);
    }
    await ended;
    await Promise.all(waits);
    if (attack.exitCode !== 0) throw new Problem('The load failed, so nothing was measured.');
    const recovery = await untilAnswered(httpPort, ATTACKER);
    return report(program, {
      ...{ health, served, failed, recovery, before, peak },
      after: megabytesOf(child.pid ?? 0),
      logged: bytesLogged(),
      counts: counts.trim(),
    });
  } finally {
    if (attack) await end(attack);
    await end(child);
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured {
  health: number[];
  served: number[];
  failed: number;
  recovery: number;
  before: number;
  peak: number;
  after: number;
  logged: number;
  counts: string;
}

/** Prints the figures, and returns what is beyond its bound. */
function report(program: Program, measured: Measured): string[] {
  const { health, served, failed, recovery, before, peak, after, logged, counts } = measured;
  const sorted = health.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Infinity;
  const longest = Math.max(0, ...served);
  const lines = [
    `${program}: attack ${counts}`,
    `  /healthz: ${health.length} answers, p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms, longest ${at(1).toFixed(0)} ms`,
    `  other requests: ${served.length} answers, longest ${longest.toFixed(0)} ms; without an answer: ${failed}`,
    `  memory: ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most, ${after.toFixed(0)} MB after; ${logged} bytes logged`,
    `  recovery: ${recovery.toFixed(0)} ms`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  const faults: [boolean, string][] = [
    [at(0.99) > MAX.p99, `p99 of /healthz is over ${MAX.p99} ms`],
    [peak > MAX.megabytes, `memory is over ${MAX.megabytes} MB`],
    [longest > MAX.served || failed > 0 || served.length === 0, 'other addresses were not served'],
    [recovery > MAX.recovery, `recovery took over ${MAX.recovery} ms`],
  ];
  return faults.filter(([isOver]) => isOver).map(([, text]) => `${program}: ${text}`);
}

await runMain(async () => {
  const { seconds: text, only } = readOptions('flood', {
    seconds: { type: 'string', default: '15' },
    only: { type: 'string' },
  });
  const seconds = Number(text);
  if (!(seconds >= 1 && seconds <= 600)) throw new Problem('--seconds is 1 to 600');
  const programs = PROGRAMS.filter((program) => only === undefined || program === only);
  if (programs.length === 0) throw new Problem(`--only is one of ${PROGRAMS.join(', ')}`);
  const faults: string[] = [];
  for (const program of programs) faults.push(...(await measure(program, seconds)));
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  return faults.length === 0 ? 0 : 1;
});
