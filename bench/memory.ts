import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startAppliance } from './support/appliance.js';
import type { LoadQuestion, LoadReply } from './support/load.js';
import { peakRssMb, pssMb, rssMb } from './support/processes.js';
import { printFigures, printTable } from './support/report.js';
import { type Resident, residentAlone } from './support/resident.js';
import { snapshots } from './support/scenes.js';
import { SideProcess } from './support/side-process.js';

/** What an appliance with one worker holds when idle after a first detection, and after many uploads. */

const { values } = parseArgs({
  options: {
    few: { type: 'string', default: '200' },
    many: { type: 'string', default: '2000' },
    connections: { type: 'string', default: '4' },
  },
});
const few = Number(values.few);
const many = Number(values.many);
const IDLE_MS = 3_000;
/** Longer side that is searched: the service's work is the same, and the search does not take minutes. */
const WORKING_SIZE = 320;

/** The service's heaps, stacks and written-to data; it is the first process asked for. */
const own = ({ anonymousMb }: Resident): number => anonymousMb[0] ?? Number.NaN;

const images = await snapshots(4);
const load = new SideProcess<LoadQuestion, LoadReply>('load');
const appliance = await startAppliance(1);
try {
  const { port, pid } = appliance;
  const [worker = 0] = appliance.workers;
  const fields = { workingSize: String(WORKING_SIZE) };
  const upload = (from: number, requests: number, connections: number, first = false) =>
    load.ask({
      port,
      images,
      connections,
      unique: true,
      from,
      requests,
      seconds: 150,
      ...(!first && { fields }),
    });
  const idle = async (after: string) => {
    await delay(IDLE_MS);
    const alone = residentAlone([pid, worker]);
    const servicePssMb = pssMb(pid);
    const workerPssMb = pssMb(worker);
    return {
      after,
      alone,
      servicePssMb,
      workerPssMb,
      pssMb: servicePssMb + workerPssMb,
      serviceRssMb: rssMb(pid),
    };
  };
  const connections = Number(values.connections);
  await upload(0, 1, 1, true);
  const first = await idle('1 upload');
  await upload(1, few - 1, connections);
  const afterFew = await idle(`${few} uploads`);
  await upload(few, many - few, connections);
  const afterMany = await idle(`${many} uploads`);
  printTable(
    [first, afterFew, afterMany].map(({ after, alone, ...pss }) => ({
      after,
      'service PSS': pss.servicePssMb,
      'worker PSS': pss.workerPssMb,
      'PSS MB': pss.pssMb,
      "alone: service's own": own(alone),
      "worker's own": alone.anonymousMb[1] ?? Number.NaN,
      node: alone.nodeMb,
      OpenCV: alone.openCvMb,
      'other files': alone.otherFilesMb,
      'alone MB': alone.totalMb,
    })),
  );
  printFigures('memory', {
    pssAfterFirstMb: first.pssMb,
    aloneAfterFirstMb: first.alone.totalMb,
    servicePssMb: first.servicePssMb,
    workerPssMb: first.workerPssMb,
    // Of the resident set, and of what no file backs. PSS would move with what else runs on the machine.
    growthRatio: afterMany.serviceRssMb / afterFew.serviceRssMb,
    ownGrowthRatio: own(afterMany.alone) / own(afterFew.alone),
    servicePeakMb: peakRssMb(pid),
    workerPeakMb: peakRssMb(worker),
  });
} finally {
  await Promise.all([load.stop(), appliance.stop()]);
}
