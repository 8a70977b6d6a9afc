import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { replaceFile } from './replace-file.js';

const finite = z.number();

const stateSchema = z.object({
  /** The steady time, and what the other clocks showed then. */
  steady: finite,
  wall: finite,
  uptimeMs: finite,
  /** Of the kernel: another one after each start of the machine. */
  boot: z.string(),
  status: z.enum(['synchronised', 'unsynchronised', 'unknown']),
  /** How far the trusted wall clock is ahead of the steady time. */
  trustedAhead: finite,
  /** The steady time since which the wall clock was not set. */
  settingAt: finite.nullable(),
  /** When the present era began, by the wall clock; null if there was none before. */
  eraFrom: finite.nullable(),
  /** Oldest first. `ahead` is the lead of the wall clock over the steady time. A doubtful one ended untrusted. */
  eras: z
    .array(
      z.object({
        from: finite.nullable(),
        to: finite,
        ahead: finite,
        isDoubtful: z.boolean().optional(),
      }),
    )
    .max(256),
});
export type SteadyState = z.infer<typeof stateSchema>;
export type PastEra = SteadyState['eras'][number];

/** Undefined if there is none, or none that can be read: then the steady time begins with the wall clock. */
export function readSteadyState(file: string): SteadyState | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Rejects if the disk cannot be written. */
export const writeSteadyState = (file: string, state: SteadyState): Promise<void> =>
  replaceFile(file, JSON.stringify(state), { flush: true });

/** The identity of this start of the machine; empty if the system has none. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
