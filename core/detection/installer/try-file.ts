import { ProblemError } from '../../runtime/errors.js';
import type { AvailableModel } from '../catalog/detector-entry.js';
import { examineFile } from '../catalog/detector-files.js';
import { refusalOf } from '../catalog/operator-detectors.js';
import type { Probe } from '../catalog/probe.js';
import type { StagedModel } from '../models/model-folder.js';
import { runtimeFault } from '../onnx/runtime-package.js';
import type { DetectorFileKind } from './collect-file.js';

const DETECTOR_KINDS = { onnx: 'onnx', xml: 'cascade' } as const;

/** Before megabytes arrive that nothing here could use. Throws `detector_refused`. */
export function requireRuntime(kind: DetectorFileKind): void {
  const fault = kind === 'onnx' ? runtimeFault() : undefined;
  if (fault !== undefined) throw refused(fault);
}

/** Tries the file of a model that the manifest describes. Throws `detector_refused`. */
export async function tryListed(probe: Probe, model: AvailableModel, file: string): Promise<void> {
  const { sha256, model: description } = model;
  const subject = { kind: 'onnx', model: { file, sha256 }, description } as const;
  await refusing(() => probe(subject));
}

/** Tries a cascade, or a model with the description beside it. Throws `detector_refused`. */
export async function tryOther(
  probe: Probe,
  staged: StagedModel,
  kind: DetectorFileKind,
): Promise<void> {
  const file = { id: staged.id, path: staged.path(kind), kind: DETECTOR_KINDS[kind] };
  await refusing(() => examineFile(file, probe));
}

/** Turns what a worker says of a file into the reason for the operator. */
async function refusing(trial: () => Promise<unknown>): Promise<void> {
  try {
    await trial();
  } catch (error) {
    // Full, or stopped: it says nothing about the file.
    if (error instanceof ProblemError && error.status === 503) throw error;
    throw refused(refusalOf(error), error);
  }
}

const refused = (reason: string, cause?: unknown): ProblemError =>
  new ProblemError('detector_refused', `it was not added: ${reason}`, { cause });
