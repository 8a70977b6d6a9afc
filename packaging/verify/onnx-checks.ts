import { setTimeout as sleep } from 'node:timers/promises';
import { type Checks, expect } from './checklist.js';
import { expectSquare, type Found } from './expected-detections.js';
import type { InstalledProgram } from './installed-program.js';
import { SQUARE_SETTINGS } from './samples.js';

const INSTALL = 'ONNX Runtime is not installed; to install it: sudo apt install siteglass-onnx';
const FOLDER = '/etc/siteglass/detectors';
const CONFIGURATION = `dataFolder: /var/lib/siteglass-edge
detection: { folder: ${FOLDER}, workers: 1 }
`;
/** The folder is read every few seconds. */
const DEADLINE_MS = 60_000;

interface Detector {
  id: string;
  status: string;
  reason?: string;
}

/**
 * The checks of siteglass-edge without and with siteglass-onnx, under its own unit, with a model of the tests; the packages
 * are /root/edge.deb and onnx.deb.
 */
export function onnxChecks(edge: InstalledProgram): Checks {
  const { machine } = edge;
  const square = () =>
    edge
      .get<{ detectors: Detector[] }>('/api/v1/objectdetection/detectors')
      .detectors.find(({ id }) => id === 'square');
  const until = async (status: string) => {
    const deadline = Date.now() + DEADLINE_MS;
    while (square()?.status !== status) {
      const found = JSON.stringify(square());
      expect(Date.now() < deadline, `the model ${status}`, found);
      await sleep(500);
    }
  };
  const refused = async () => {
    await until('refused');
    expect(square()?.reason === INSTALL, INSTALL, square()?.reason);
    return `“${INSTALL}”`;
  };
  return {
    'a model without siteglass-onnx': async () => {
      edge.install('/root/edge.deb', '--no-install-recommends');
      machine.run(`mkdir -p ${FOLDER} && cp /root/square.onnx ${FOLDER}`);
      machine.run(`cat > ${FOLDER}/square.yaml`, { input: SQUARE_SETTINGS });
      machine.run(`touch --date='1 minute ago' ${FOLDER}/*`);
      machine.run('cat > /etc/siteglass/edge.yaml && systemctl restart siteglass-edge', {
        input: CONFIGURATION,
      });
      await edge.untilReady();
      return refused();
    },
    'install siteglass-onnx': async () => {
      const output = edge.install('/root/onnx.deb', '--no-install-recommends');
      expect(/ 1 newly installed/.test(output), 'no further package', output);
      await edge.untilReady();
      await until('ready');
      return 'the model is ready, with no further package';
    },
    'detect with a model': () => {
      const answer = machine.run(
        edge.curl(
          '/api/v1/objectdetection/image',
          '--form detector=square --form image=@/root/square.png',
        ),
      );
      const { detections }: { detections: Found[] } = JSON.parse(answer);
      const found = expectSquare(detections);
      const processes = edge.mapped('onnxruntime');
      expect(processes === 1, 'ONNX Runtime in the worker alone', `in ${processes} processes`);
      return `${found}; ${edge.memory()}`;
    },
    'no process maps ONNX Runtime without a model': async () => {
      machine.run(`rm ${FOLDER}/* && systemctl restart siteglass-edge`);
      await edge.untilReady();
      edge.detect();
      const found = edge.mapped('onnxruntime');
      expect(found === 0, 'none', found);
      return 'none after a detection with a cascade';
    },
    'remove siteglass-onnx': async () => {
      machine.run(`cp /root/square.onnx ${FOLDER} && touch --date='1 minute ago' ${FOLDER}/*`);
      machine.run('DEBIAN_FRONTEND=noninteractive apt-get remove --yes siteglass-onnx 2>&1');
      await edge.untilReady();
      return refused();
    },
    'remove both again': () => {
      const apt = 'DEBIAN_FRONTEND=noninteractive apt-get --yes';
      machine.run(`rm -r ${FOLDER} && ${apt} purge siteglass-edge siteglass-onnx 2>&1`);
      const left = machine.run("find /usr/lib -name '*siteglass*' -o -name '*onnxruntime*'");
      expect(left === '', 'no file', left);
      expect(edge.traces() === '', 'nothing', edge.traces());
      return 'no file of theirs';
    },
  };
}
