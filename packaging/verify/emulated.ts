import { join } from 'node:path';
import { outputOf } from '../../scripts/lib/command.mjs';
import { debianRoot, enterRoot } from '../../scripts/lib/debian-root.mjs';
import { expect } from './checklist.js';
import type { EmulatedResult } from './detect-emulated.js';
import { expectSigns } from './installed-program.js';

/** Runs in the package's own folder, so that its imports are those of the installed program. */
const PROGRAM = 'dist/packaging/verify/detect-emulated.js';

/**
 * Installs a package of another architecture in a root under qemu's user emulation, runs a detection, and purges the
 * package. Resolves with a description of the result.
 */
export async function detectEmulated(
  file: string,
  { arch, sample, log }: { arch: string; sample: string; log: string },
): Promise<string> {
  const failure = `The package for ${arch} does not work under emulation`;
  const depends = outputOf('dpkg-deb', ['--field', file, 'Depends']) ?? '';
  const from = await debianRoot(`base-${arch}`, { arch, log });
  const root = await debianRoot(`run-${arch}`, {
    from,
    key: depends,
    log,
    prepare: async (folder: string) => {
      await enterRoot(folder, ['apt-get', 'update'], { arch, log, failure });
      await enterRoot(folder, ['apt-get', 'satisfy', '--yes', '--no-install-recommends', depends], {
        arch,
        log,
        failure,
      });
    },
  });
  const lines: string[] = [];
  await enterRoot(root, ['sh', '-c', SCRIPT], {
    arch,
    binds: {
      '/root/package.deb': file,
      '/root/sample.jpg': sample,
      '/root/detect.js': join(import.meta.dirname, 'detect-emulated.js'),
    },
    log,
    failure,
    onLine: (line) => {
      lines.push(line);
    },
  });
  const answer = lines.find((line) => line.startsWith('ANSWER '))?.slice('ANSWER '.length);
  expect(answer, 'an answer', 'none');
  const { sqlite, engines, analysis, processedBytes, withOpenCv }: EmulatedResult =
    JSON.parse(answer);
  expect(processedBytes > 10_000, 'an image with boxes', `${processedBytes} bytes`);
  expect(withOpenCv.length === 0, 'no process with OpenCV', withOpenCv.join(', '));
  const { decodeMs, detectMs } = analysis.times;
  return `${expectSigns(analysis.detections)} (decoded in ${decodeMs} ms, searched in ${detectMs} ms); SQLite ${sqlite}, engines ${engines.join(', ')}`;
}

const SCRIPT = `
  set -e
  apt-get install --yes /root/package.deb
  siteglass-edge --check
  cd /usr/lib/siteglass-edge
  install -D -m 0644 /root/detect.js ${PROGRAM}
  node ${PROGRAM} /root/sample.jpg
  cd /
  rm -r /usr/lib/siteglass-edge/dist/packaging
  apt-get purge --yes siteglass-edge`;
