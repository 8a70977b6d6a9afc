import type { SystemResource } from '../../../core/contract/system.js';
import {
  formatBytes,
  formatDateTime,
  formatDuration,
  formatNumber,
  formatPercent,
} from '../../shared/format.js';
import { Badge } from '../../shared/ui/badge.js';
import { Meter } from '../../shared/ui/meter.js';
import type { Tone } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';
import { Card } from './card.js';

const words = texts.system;

interface CardProps {
  system: SystemResource;
}

const rounded = (value: number): string => formatNumber(Math.round(value * 100) / 100);

export const ProgramCard = ({ system }: CardProps) => (
  <Card
    title={words.program}
    facts={[
      [words.site, system.site],
      [words.version, system.version],
      [words.node, system.node],
      [
        words.running,
        words.runningSince(formatDuration(system.uptimeSeconds), formatDateTime(system.startedAt)),
      ],
      [words.configurationFile, system.configurationFile ?? words.noConfigurationFile],
      [words.processMemory, formatBytes(system.process.memoryBytes)],
      [words.workersMemory, formatBytes(system.process.workersMemoryBytes)],
      [
        words.processCpu,
        system.process.cpuShare === null
          ? words.measuring
          : words.ofOneCore(formatPercent(system.process.cpuShare)),
      ],
    ]}
  />
);

export function MachineCard({ system: { machine } }: CardProps) {
  const { load, memory, cores, temperatureCelsius } = machine;
  const used = memory.totalBytes - memory.availableBytes;
  return (
    <Card
      title={words.machine}
      facts={[
        [words.machineName, machine.name],
        [words.operatingSystem, `${machine.system}, ${machine.architecture}`],
        [words.machineUptime, formatDuration(machine.uptimeSeconds)],
        [
          words.temperature,
          temperatureCelsius === null
            ? words.noSensor
            : words.celsius(formatNumber(temperatureCelsius)),
        ],
      ]}
    >
      <Meter label={words.load} share={load.minute / Math.max(1, cores)} warnAt={1} badAt={3}>
        {words.loadOf(rounded(load.minute), cores)}
      </Meter>
      <p class="muted">{words.loadLater(rounded(load.fiveMinutes), rounded(load.quarter))}</p>
      <Meter label={words.memory} share={used / memory.totalBytes}>
        {words.usedOf(formatBytes(used), formatBytes(memory.totalBytes))}
      </Meter>
    </Card>
  );
}

export const StorageCard = ({ system: { disk } }: CardProps) => (
  <Card
    title={words.storage}
    facts={[
      [words.diskFree, formatBytes(disk.freeBytes)],
      [words.database, formatBytes(disk.databaseBytes)],
    ]}
  >
    {/* It is meant to be used up: the oldest images are removed then. */}
    <Meter label={words.images} share={disk.usedBytes / disk.budgetBytes} warnAt={1.01} badAt={1.1}>
      {words.usedOf(formatBytes(disk.usedBytes), formatBytes(disk.budgetBytes))}
    </Meter>
  </Card>
);

const DETECTION_TONES: Record<SystemResource['detection']['state'], Tone> = {
  ok: 'good',
  degraded: 'warning',
  unavailable: 'bad',
};

export const DetectionCard = ({ system: { detection } }: CardProps) => (
  <Card
    title={words.detection}
    actions={
      <Badge tone={DETECTION_TONES[detection.state]}>{words.detectionState[detection.state]}</Badge>
    }
    facts={[
      [words.workers, words.workersOf(detection.ready, detection.workers, detection.busy)],
      [words.queued, formatNumber(detection.queued)],
      [words.restarts, formatNumber(detection.restarts)],
      [words.engines, detection.engines.join(', ') || texts.common.none],
      [words.detectors, words.detectorsOf(detection.detectors.ready, detection.detectors.refused)],
    ]}
  />
);

export const AccessCard = ({ system: { access } }: CardProps) => (
  <Card
    title={words.access}
    facts={[
      [words.address, access.address],
      [words.mode, words.modes[access.mode]],
      [words.https, httpsText(access)],
      [words.signOn, access.signOn ? words.yes : words.no],
    ]}
  />
);

function httpsText({ https, plainText }: SystemResource['access']): string {
  if (https) return plainText ? words.httpsAndPlain : words.httpsOnly;
  return plainText ? words.plainOnly : words.redirectOnly;
}
