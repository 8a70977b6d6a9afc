import { readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../../core/runtime/project-root.js';
import {
  isAlive,
  type ProgramName,
  runProgram,
  runToEnd,
  type Teardown,
  urlOf,
} from '../program.js';
import {
  type FuzzOptions,
  type FuzzReport,
  fuzzApi,
  type ImagesOptions,
  uploadAll,
} from './fuzz-api.js';

const SAMPLE = join(projectRoot(), 'samples', '4-two-signs.jpg');

const SETTINGS: Record<ProgramName, (folder: string) => string[]> = {
  edge: (folder) => [
    'site=harbour',
    `cameras=[{ id: gate, kind: folder, path: ${folder}, loop: true, schedule: "*/5 * * * * *" }, { id: yard, kind: push, pushSecret: fuzzed-secret-of-yard }]`,
  ],
  'cloud-relay': () => [
    'mqtt={ embedded: { port: 0 } }',
    'demo={ uploadsPerMinute: 100000, requestsPerMinute: 100000, workerSecondsPerMinute: 100000, totalWorkerSecondsPerMinute: 100000, storedMegabytes: 100000 }',
  ],
};

/** A call may ask for a model that has to be downloaded. */
const NEEDS_INTERNET = new Set(['model not added']);

export interface ProgramReport extends FuzzReport {
  images: number;
  restarts: number;
}

type ProgramOptions = Pick<FuzzOptions, 'calls' | 'seed' | 'image' | 'onProgress'> & {
  /** Uploaded after the calls. */
  images?: ImagesOptions['images'];
};

/** Runs a program with a token of each role, and calls it. What is wrong with it afterwards is among the faults. */
export async function fuzzProgram(
  t: Teardown,
  name: ProgramName,
  folder: string,
  options: ProgramOptions,
): Promise<ProgramReport> {
  const dataFolder = join(folder, 'data');
  const pictures = join(folder, 'pictures');
  await mkdir(pictures);
  await copyFile(SAMPLE, join(pictures, 'a.jpg'));
  const settings = [
    `dataFolder=${dataFolder}`,
    'http.port=0',
    'images.minFreeMegabytes=0',
    ...SETTINGS[name](pictures),
  ].flatMap((setting) => ['--set', setting]);
  const program = runProgram(t, name, settings);
  const url = await urlOf(program);
  const add = async (role: string) => {
    const { output, errors } = await runToEnd(t, name, [
      ...['token', 'add', `a-${role}`, '--role', role],
      ...settings,
    ]);
    const token = /sg_[\w-]+/.exec(output)?.[0];
    if (!token) throw new Error(`no token for ${role}: ${output} ${errors}`);
    return token;
  };
  const admin = readFileSync(join(dataFolder, 'admin-token'), 'utf8').trim();
  const tokens = [admin, await add('operator'), await add('viewer')];
  const report = await fuzzApi({
    ...options,
    url,
    // It would listen at another port afterwards.
    except: ['post /api/v1/system/restart'],
    credentials: [
      '',
      'Bearer sg_wrong',
      'Bearer ',
      `Basic ${btoa('yard:fuzzed-secret-of-yard')}`,
      // Most calls have a role that allows them.
      ...tokens.flatMap((token) => [`Bearer ${token}`, `Bearer ${token}`]),
      ...Array.from({ length: 4 }, () => `Bearer ${admin}`),
    ],
  });
  const uploads =
    options.images && (await uploadAll({ ...options, url, token: admin, images: options.images }));
  const faults = [...report.faults, ...(uploads?.faults ?? [])];
  if (!isAlive(program.child.pid ?? 0)) faults.push(`${name} ended: ${program.lines.at(-1)}`);
  for (const path of ['/healthz', '/readyz']) {
    const { status } = await fetch(`${url}${path}`);
    if (status !== 200) faults.push(`${path} answers ${status} afterwards`);
  }
  const metrics = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${admin}` } });
  const restarts = /^siteglass_detection_worker_restarts_total (\d+)$/m.exec(await metrics.text());
  for (const { level, msg, err } of program.log)
    if (level >= 50 && !NEEDS_INTERNET.has(msg))
      faults.push(`logged: ${msg} ${JSON.stringify(err)?.slice(0, 300)}`);
  if ((await program.end()) !== 0) faults.push(`${name} does not stop properly`);
  if (!restarts) faults.push('no number of restarts of workers');
  return { ...report, faults, images: uploads?.calls ?? 0, restarts: Number(restarts?.[1]) };
}
