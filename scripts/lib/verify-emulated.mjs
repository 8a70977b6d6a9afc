import { expect } from './checklist.mjs';
import { outputOf } from './command.mjs';
import { debianRoot, enterRoot } from './debian-root.mjs';
import { expectSigns } from './installed-program.mjs';

/**
 * Installs a package of another architecture into a root of it under qemu's user emulation, has the program detect, and
 * purges it again. Resolves with what was found.
 */
export async function detectEmulated(file, { arch, sample, log }) {
  const failure = `The package for ${arch} does not work under emulation`;
  const depends = outputOf('dpkg-deb', ['--field', file, 'Depends']);
  const from = await debianRoot(`base-${arch}`, { arch, log });
  const root = await debianRoot(`run-${arch}`, {
    from,
    key: depends,
    log,
    prepare: async (folder) => {
      await enterRoot(folder, ['apt-get', 'update'], { arch, log, failure });
      await enterRoot(folder, ['apt-get', 'satisfy', '--yes', '--no-install-recommends', depends], {
        arch,
        log,
        failure,
      });
    },
  });
  const lines = [];
  await enterRoot(root, ['sh', '-c', SCRIPT], {
    arch,
    binds: { '/root/package.deb': file, '/root/sample.jpg': sample },
    log,
    failure,
    onLine: (line) => lines.push(line),
  });
  const answer = lines.find((line) => line.startsWith('ANSWER '))?.slice('ANSWER '.length);
  expect(answer, 'an answer', 'none');
  const { sqlite, openCv, analysis, picture } = JSON.parse(answer);
  expect(picture > 10_000, 'a picture with boxes', `${picture} bytes`);
  const { decodeMs, detectMs } = analysis.times;
  return `${expectSigns(analysis.detections)} (decoded in ${decodeMs} ms, searched in ${detectMs} ms); SQLite ${sqlite}, OpenCV ${openCv}`;
}

/**
 * The program's own detection, with its worker process, and with longer deadlines: an emulated worker takes longer to begin
 * than a real one may.
 */
const DETECT = `
  import { readFileSync } from 'node:fs';
  import Sqlite from '/usr/lib/siteglass-edge/node_modules/better-sqlite3/lib/index.js';
  import { DetectionPool } from '/usr/lib/siteglass-edge/dist/core/detection/detection-pool.js';
  import { DetectorCatalog } from '/usr/lib/siteglass-edge/dist/core/detection/detector-catalog.js';
  import { createLogger } from '/usr/lib/siteglass-edge/dist/core/runtime/logger.js';

  const log = createLogger('emulated', 'info');
  const pool = new DetectionPool({ log, workers: 1, handshakeDeadlineMs: 600_000, jobDeadlineMs: 600_000 });
  const catalog = new DetectorCatalog({
    manifest: '/usr/lib/siteglass-edge/cascades/manifest.yaml',
    defaultDetectors: ['stop-sign'],
    probe: (cascade) => pool.probe(cascade),
    engines: () => pool.status().engines,
    log,
  });
  await pool.start();
  await catalog.start();
  const bytes = readFileSync('/root/sample.jpg');
  const analysis = await pool.analyse(bytes, catalog.plan({}));
  const picture = (await pool.draw(bytes, analysis.detections)).length;
  const sqlite = new Sqlite(':memory:').prepare('select sqlite_version()').pluck().get();
  console.log('ANSWER ' + JSON.stringify({ sqlite, openCv: pool.status().openCvVersion, analysis, picture }));
  await pool.stop();
`;

const SCRIPT = `
  set -e
  apt-get install --yes /root/package.deb
  siteglass-edge --check
  node --input-type=module - <<'END'
${DETECT}
END
  apt-get purge --yes siteglass-edge`;
