import { readFileSync } from 'node:fs';

const KILOBYTE = 1024;
const MEGABYTE = 1_000_000;

/** Reads a figure of Linux's /proc that is given as `Name:  123 kB`. Megabytes of a million bytes. */
function megabytesOf(file: string, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'));
  if (!match) throw new Error(`${file} has no ${field}`);
  return (Number(match[1]) * KILOBYTE) / MEGABYTE;
}

/** Proportional set size: what a process holds alone, and its share of what it holds with others. */
export const pssMb = (pid: number): number => megabytesOf(`/proc/${pid}/smaps_rollup`, 'Pss');

/** What a process has in memory, whoever else has it too. */
export const rssMb = (pid: number): number => megabytesOf(`/proc/${pid}/status`, 'VmRSS');

/** The largest resident set size that a process has had. */
export const peakRssMb = (pid: number): number => megabytesOf(`/proc/${pid}/status`, 'VmHWM');

const TICKS_PER_SECOND = 100;

/** Processor time of all threads, in user and kernel mode; proc(5), fields 14 and 15. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, kernel] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return ((Number(user) + Number(kernel)) * 1000) / TICKS_PER_SECOND;
}

/** The processes that a process has started. */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** Processor time of the whole machine: what was used, and what there was; proc(5), /proc/stat. */
export function machineCpuMs(): { used: number; all: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = first.split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, n) => sum + n, 0);
  const [, , , idle = 0, waiting = 0] = ticks;
  const inMs = (n: number) => (n * 1000) / TICKS_PER_SECOND;
  return { used: inMs(all - idle - waiting), all: inMs(all) };
}
