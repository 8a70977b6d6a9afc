import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Detection } from '../../core/contract/detection.js';
import { outputOf } from '../../scripts/lib/command.mjs';
import { copyRoot, debianRoot, enterRoot } from '../../scripts/lib/debian-root.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';
import { expect } from './checklist.js';
import type { InstalledResult, WorkerState } from './detect-installed.js';
import { expectSigns, expectSquare } from './expected-detections.js';
import type { PackageFiles } from './packages.js';
import { SQUARE_SETTINGS, samplesIn } from './samples.js';

/** Runs in the package's own folder, so that its imports are those of the installed program. */
const PROGRAM = 'dist/packaging/verify/detect-installed.js';
/** The first three show the same picture. */
const IMAGES = [
  ...['/root/sample.jpg', '/root/sample.png', '/root/sample.webp'],
  ...['/srv/samples/1-empty-street.jpg', '/srv/samples/2-sign-far.jpg'],
  ...['/srv/samples/5-sign-left.jpg', '/srv/samples/3-sign-near.jpg'],
];
const FORMS = 3;
/** qemu needs some minutes on two processors; a machine that does more at the same time needs several times as long. */
const DEADLINE_MS = 40 * 60_000;

interface DetectionOptions {
  arch: string;
  /** This machine's architecture; another one is emulated. */
  own: string;
  /** The folder for samples and for the copy of the root. */
  work: string;
  log: string;
}

/**
 * Installs siteglass-edge and siteglass-onnx in a root of their architecture, searches with cascades and with a model, and
 * purges them. Another architecture runs under qemu's user emulation.
 */
export async function detectInstalled(
  { edge, onnx }: PackageFiles,
  { arch, own, work, log }: DetectionOptions,
): Promise<InstalledResult> {
  if (!onnx) throw new Problem('no package of siteglass-onnx was built');
  const failure = `The packages for ${arch} do not work`;
  const emulated = arch !== own;
  const from = await runRoot([edge, onnx], { arch, emulated, log, failure });
  const root = join(work, `root-${arch}`);
  rmSync(root, { recursive: true, force: true });
  const lines: string[] = [];
  try {
    await copyRoot(from, root, log);
    await enterRoot(root, ['sh', '-c', script(emulated)], {
      arch,
      binds: {
        '/root/edge.deb': edge,
        '/root/onnx.deb': onnx,
        '/root/detect.js': join(import.meta.dirname, 'detect-installed.js'),
        ...(await samplesIn(work)),
      },
      log,
      failure,
      timeoutMs: DEADLINE_MS,
      onLine: (line) => {
        lines.push(line);
      },
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  const answer = lines.find((line) => line.startsWith('ANSWER '))?.slice('ANSWER '.length);
  expect(answer, 'an answer', 'none');
  return JSON.parse(answer);
}

/** A root of this architecture, with what the packages depend on. */
async function runRoot(
  files: string[],
  {
    arch,
    emulated,
    log,
    failure,
  }: { arch: string; emulated: boolean; log: string; failure: string },
): Promise<string> {
  const base = emulated ? `base-${arch}` : 'base';
  const from = await debianRoot(base, { ...(emulated && { arch }), log });
  const depends = files
    .map((file) => outputOf('dpkg-deb', ['--field', file, 'Depends']) ?? '')
    .join(', ');
  const prepare = async (folder: string) => {
    const apt = (...args: string[]) =>
      enterRoot(folder, ['apt-get', ...args], { arch, log, failure, timeoutMs: DEADLINE_MS });
    await apt('update');
    await apt('satisfy', '--yes', '--no-install-recommends', depends);
  };
  return debianRoot(`run-${arch}`, { from, key: depends, log, prepare });
}

/** Describes the detections and their cost; throws unless each image has what it shows, with the libraries that it needs. */
export function describeDetection({
  sqlite,
  engines,
  samples,
  model,
  worker,
  processed,
}: InstalledResult): string {
  const [first] = samples;
  expect(first && samples.length === IMAGES.length, `${IMAGES.length} results`, samples.length);
  const forms = samples.slice(0, FORMS);
  const [signs = ''] = forms.map(({ detections }) => expectSigns(detections));
  for (const { image, detections } of forms) expectNear(image, detections, first.detections);
  expect(processed.bytes > 10_000, 'an image with boxes', `${processed.bytes} bytes`);
  const square = expectSquare(model.detections);
  expectLibraries(worker.cascades, 0);
  expectLibraries(worker.model, 1);
  const times = ({ decodeMs, detectMs }: typeof model.times) =>
    `decoded in ${Math.round(decodeMs)} ms, searched in ${Math.round(detectMs)} ms`;
  return [
    `JPEG, PNG, WebP: ${signs} (${times(first.times)})`,
    `with a model ${square} (${times(model.times)})`,
    `worker ${worker.first.megabytes} MB, after all cascades ${worker.cascades.megabytes} MB, with a model ${worker.model.megabytes} MB`,
    `SQLite ${sqlite}, engines ${engines.join(', ')}`,
  ].join('; ');
}

/** libjpeg, libpng and the decoder of WebP make grey with weights and rounding of their own; see decision 16. */
const MAX_SHIFT = 2;

function expectNear(image: string, detections: Detection[], reference: Detection[]): void {
  const edges = ({ box }: Detection) => [box.x, box.y, box.width, box.height];
  const isNear = (found: Detection, i: number) => {
    const other = reference[i];
    const before = other && edges(other);
    return before && edges(found).every((n, k) => Math.abs(n - (before[k] ?? n)) <= MAX_SHIFT);
  };
  const { length } = reference;
  const found = JSON.stringify(detections.map(edges));
  const same = detections.length === length && detections.every(isNear);
  expect(same, `in ${image} about ${JSON.stringify(reference.map(edges))}`, found);
}

function expectLibraries({ withOpenCv, withOnnxRuntime }: WorkerState, expected: 0 | 1): void {
  expect(withOpenCv.length === 0, 'no process with OpenCV', withOpenCv.join(', '));
  const { length } = withOnnxRuntime;
  expect(length === expected, `${expected} processes with ONNX Runtime`, length);
}

/** Throws unless two architectures find the same; returns what was compared. */
export function expectIdentical(result: InstalledResult, reference: InstalledResult): string {
  for (const [i, { image, detections }] of result.samples.entries())
    expectSame(`in ${image}`, detections, reference.samples[i]?.detections);
  for (const [i, found] of result.windows.entries())
    expectSame(`with ${found.detector}`, found, reference.windows[i]);
  expectSame('with the model', result.model.detections, reference.model.detections);
  expectSame('as the image with boxes', result.processed, reference.processed);
  const windows = result.windows.reduce((sum, { count }) => sum + count, 0);
  return `${result.samples.length} images, ${windows} windows of ${result.windows.length} cascades, the model's box, and ${result.processed.bytes} bytes of the image with boxes are the same`;
}

function expectSame(where: string, found: unknown, expected: unknown): void {
  const [is, shall] = [JSON.stringify(found), JSON.stringify(expected)];
  expect(is === shall, `${shall} ${where}`, is);
}

const script = (emulated: boolean) => `
  set -e
  apt-get install --yes /root/edge.deb /root/onnx.deb
  siteglass-edge --check
  mkdir /root/detectors
  cp /root/square.onnx /root/detectors
  printf '${SQUARE_SETTINGS}' > /root/detectors/square.yaml
  touch --date='1 minute ago' /root/detectors/*
  cd /usr/lib/siteglass-edge
  install -D -m 0644 /root/detect.js ${PROGRAM}
  node ${PROGRAM} /root/detectors /root/square.png ${emulated ? 'yes' : 'no'} ${IMAGES.join(' ')}
  cd /
  rm -r /usr/lib/siteglass-edge/dist/packaging
  apt-get purge --yes siteglass-edge siteglass-onnx
  test ! -e /usr/lib/siteglass-edge -a ! -e /usr/lib/siteglass-onnx`;
