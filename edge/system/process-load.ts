import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';

const KIBIBYTE = 1_024;
/** A share over a shorter time says little. */
const MIN_MS = 1_000;

/** How much processor time this process uses. */
export class ProcessLoad {
  #usage = process.cpuUsage();
  #at = performance.now();
  #share: number | null = null;

  /** Of one core, since the last time that was asked; null at first. */
  share(): number | null {
    const ms = performance.now() - this.#at;
    if (ms < MIN_MS) return this.#share;
    const { user, system } = process.cpuUsage(this.#usage);
    this.#share = Math.round(((user + system) / 1_000 / ms) * 1_000) / 1_000;
    this.#usage = process.cpuUsage();
    this.#at = performance.now();
    return this.#share;
  }
}

/** Bytes that programs can still use: free, and of caches that the kernel gives back (proc(5), MemAvailable). */
export const availableMemory = async (): Promise<number> =>
  (await kibibytesIn('/proc/meminfo', /^MemAvailable:\s+(\d+)/m)) ?? freemem();

/** Resident bytes of a process; 0 if it has ended. */
export const memoryOf = async (pid: number): Promise<number> =>
  (await kibibytesIn(`/proc/${pid}/status`, /^VmRSS:\s+(\d+)/m)) ?? 0;

async function kibibytesIn(file: string, pattern: RegExp): Promise<number | undefined> {
  try {
    const found = pattern.exec(await readFile(file, 'utf8'));
    return found ? Number(found[1]) * KIBIBYTE : undefined;
  } catch {
    return undefined;
  }
}
