import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf } from '../../scripts/lib/command.mjs';
import { copyRoot, debianRoot, enterRoot } from '../../scripts/lib/debian-root.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';
import { expect } from './checklist.js';
import type { EmulatedResult } from './detect-emulated.js';
import { expectSigns, expectSquare } from './expected-detections.js';
import type { PackageFiles } from './packages.js';
import { SQUARE_SETTINGS, samplesIn } from './samples.js';

/** Runs in the package's own folder, so that its imports are those of the installed program. */
const PROGRAM = 'dist/packaging/verify/detect-emulated.js';

interface EmulationOptions {
  arch: string;
  /** The folder for samples and for the copy of the root. */
  work: string;
  log: string;
}

/**
 * Installs siteglass-edge and siteglass-onnx of another architecture in a root under qemu's user emulation, searches with a
 * cascade and with a model, and purges them. Resolves with a description of the results.
 */
export async function detectEmulated(
  { edge, onnx }: PackageFiles,
  { arch, work, log }: EmulationOptions,
): Promise<string> {
  if (!onnx) throw new Problem('no package of siteglass-onnx was built');
  const failure = `The packages for ${arch} do not work under emulation`;
  const from = await runRoot([edge, onnx], { arch, log, failure });
  const root = join(work, 'emulated');
  rmSync(root, { recursive: true, force: true });
  const lines: string[] = [];
  try {
    await copyRoot(from, root, log);
    await enterRoot(root, ['sh', '-c', SCRIPT], {
      arch,
      binds: {
        '/root/edge.deb': edge,
        '/root/onnx.deb': onnx,
        '/root/detect.js': join(import.meta.dirname, 'detect-emulated.js'),
        ...(await samplesIn(work)),
      },
      log,
      failure,
      onLine: (line) => {
        lines.push(line);
      },
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const answer = lines.find((line) => line.startsWith('ANSWER '))?.slice('ANSWER '.length);
  expect(answer, 'an answer', 'none');
  return describe(JSON.parse(answer));
}

/** A root for another architecture, with what the packages depend on. */
async function runRoot(
  files: string[],
  { arch, log, failure }: { arch: string; log: string; failure: string },
): Promise<string> {
  const from = await debianRoot(`base-${arch}`, { arch, log });
  const depends = files
    .map((file) => outputOf('dpkg-deb', ['--field', file, 'Depends']) ?? '')
    .join(', ');
  const prepare = async (folder: string) => {
    const apt = (...args: string[]) =>
      enterRoot(folder, ['apt-get', ...args], { arch, log, failure });
    await apt('update');
    await apt('satisfy', '--yes', '--no-install-recommends', depends);
  };
  return debianRoot(`run-${arch}`, { from, key: depends, log, prepare });
}

function describe(result: EmulatedResult): string {
  const { sqlite, engines, cascade, model, processedBytes } = result;
  expect(processedBytes > 10_000, 'an image with boxes', `${processedBytes} bytes`);
  const withOpenCv = model.withOpenCv.join(', ');
  expect(withOpenCv === '', 'no process with OpenCV', withOpenCv);
  const { length: before } = cascade.withOnnxRuntime;
  expect(before === 0, 'no process with ONNX Runtime before a model', before);
  const { length: after } = model.withOnnxRuntime;
  expect(after === 1, 'ONNX Runtime in the worker alone', `in ${after} processes`);
  const cost = ({ analysis: { times }, workerMegabytes }: typeof cascade) =>
    `decoded in ${times.decodeMs} ms, searched in ${times.detectMs} ms, worker ${workerMegabytes} MB`;
  const signs = `${expectSigns(cascade.analysis.detections)} (${cost(cascade)})`;
  const square = `with a model ${expectSquare(model.analysis.detections)} (${cost(model)})`;
  return `${signs}; ${square}; SQLite ${sqlite}, engines ${engines.join(', ')}`;
}

const SCRIPT = `
  set -e
  apt-get install --yes /root/edge.deb /root/onnx.deb
  siteglass-edge --check
  mkdir /root/detectors
  cp /root/square.onnx /root/detectors
  printf '${SQUARE_SETTINGS}' > /root/detectors/square.yaml
  touch --date='1 minute ago' /root/detectors/*
  cd /usr/lib/siteglass-edge
  install -D -m 0644 /root/detect.js ${PROGRAM}
  node ${PROGRAM} /root/sample.jpg /root/square.png /root/detectors
  cd /
  rm -r /usr/lib/siteglass-edge/dist/packaging
  apt-get purge --yes siteglass-edge siteglass-onnx
  test ! -e /usr/lib/siteglass-edge -a ! -e /usr/lib/siteglass-onnx`;
