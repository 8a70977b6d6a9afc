import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { searchDefaults } from '../../contract/detection.js';
import { describeCascade } from './cascade-file.js';
import type { KnownCascade, ReadyCascade } from './detector-entry.js';
import { DetectorFault } from './detector-fault.js';
import type { Probe } from './probe.js';

const MAX_BYTES = 16 * 1024 * 1024;

/** An operator's cascade as far as its file's name tells. */
export const knownCascade = (id: string): KnownCascade => ({
  kind: 'cascade',
  id,
  label: id,
  origin: 'operator',
  parameters: searchDefaults,
});

/** Reads and tries an operator's cascade. Throws DetectorFault and ProblemError. */
export async function examineCascade(
  id: string,
  file: string,
  size: number,
  probe: Probe,
): Promise<ReadyCascade> {
  if (size > MAX_BYTES) throw new DetectorFault('it is larger than 16 MiB');
  const content = await readFile(file);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const description = await describeCascade(content);
  const { engine, reason } = await probe({ kind: 'cascade', cascade: { file, sha256 } });
  const ready = {
    ...knownCascade(id),
    ...description,
    status: 'ready',
    file,
    sha256,
    engine,
  } as const;
  return reason === undefined ? ready : { ...ready, unsupported: reason };
}
