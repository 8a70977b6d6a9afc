import { extname } from 'node:path';
import type { Logger } from '../../runtime/logger.js';
import { hashOf } from '../models/hash-of.js';
import type { ModelFolder } from '../models/model-folder.js';
import { runtimeFault } from '../onnx/runtime-package.js';
import type { AvailableModel, ReadyDetector, ReadyModel } from './detector-entry.js';
import { DetectorFault } from './detector-fault.js';
import { examineFile } from './detector-files.js';
import { type DetectorFile, type NamedFile, OperatorDetectors } from './operator-detectors.js';
import type { Probe } from './probe.js';
import { withSettings } from './with-settings.js';

export interface AddedDetectorsOptions {
  folder: ModelFolder;
  /** The manifest's model with this id. */
  listed: (id: string) => AvailableModel | undefined;
  takenBy: (id: string) => string | undefined;
  onChange: () => void;
  probe: Probe;
  log: Logger;
  pollMs?: number;
}

/** The detectors that were added to the data folder: models of the manifest, and an operator's own. */
export function addedDetectors(options: AddedDetectorsOptions): OperatorDetectors {
  const { folder, takenBy, onChange, log, pollMs } = options;
  return new OperatorDetectors({
    find: () => filesOf(folder),
    examine: (file) => examineAdded(file, options),
    takenBy,
    onChange,
    log,
    ...(pollMs !== undefined && { pollMs }),
  });
}

/** They are complete once their record exists, so their age does not matter. */
async function filesOf(folder: ModelFolder): Promise<DetectorFile[]> {
  return (await folder.list()).map(({ id, path, signature }) => ({
    name: id,
    id,
    path,
    kind: extname(path) === '.onnx' ? 'onnx' : 'cascade',
    signature,
    changedAt: 0,
  }));
}

async function examineAdded(
  file: NamedFile,
  options: AddedDetectorsOptions,
): Promise<ReadyDetector> {
  const { settings } = (await options.folder.find(file.id)) ?? {};
  return withSettings(await examineAsAdded(file, options), settings);
}

async function examineAsAdded(
  file: NamedFile,
  { folder, listed, probe }: AddedDetectorsOptions,
): Promise<ReadyDetector> {
  const { id, path } = file;
  const sha256 = await hashOf(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new DetectorFault('its file is missing; add it again');
  });
  const record = await folder.find(id);
  if (sha256 !== record?.sha256)
    throw new DetectorFault(
      'its file has changed since it was added: its SHA-256 differs; add it again',
    );
  const { bytes } = record;
  const model = listed(id);
  if (!model) return { ...(await examineFile(file, probe)), bytes };
  if (model.sha256 !== sha256)
    throw new DetectorFault('this version of Siteglass has another file for it; add it again');
  // The model itself needs no trial.
  const fault = runtimeFault();
  if (fault !== undefined) throw new DetectorFault(fault);
  return { ...readyModel(model, path), bytes };
}

/** A model of the manifest with its file, whose hash was checked. */
function readyModel(listed: AvailableModel, file: string): ReadyModel {
  const { status: _, url: __, bytes: ___, ...known } = listed;
  return { ...known, status: 'ready', file };
}
