import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The hottest of the board's sensors in °C, from the kernel's thermal zones (Documentation/driver-api/thermal,
 * millidegrees); undefined if there are none, as in most virtual machines.
 */
export function boardTemperature(folder = '/sys/class/thermal'): number | undefined {
  const readings = zonesIn(folder)
    .map((zone) => readNumber(join(folder, zone, 'temp')))
    .filter((millidegrees) => Number.isFinite(millidegrees));
  if (readings.length === 0) return undefined;
  return Math.round(Math.max(...readings) / 100) / 10;
}

function zonesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith('thermal_zone'));
  } catch {
    return [];
  }
}

function readNumber(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    // A sensor that is switched off cannot be read.
    return Number.NaN;
  }
}
