import { join, parse } from 'node:path';
import { ModelFolder } from '../models/model-folder.js';
import { detectorFilesIn } from './detector-files.js';
import { readNamedLabels } from './examine-model.js';
import type { NamedDetector } from './named-detector.js';
import { readManifest } from './shipped-detectors.js';

export interface DetectorPlaces {
  manifest: string;
  /** The folder with the detectors that were added. */
  added?: string | undefined;
  /** Models that the program downloads when it starts. */
  expected?: string[];
  /** The operator's folder. */
  folder?: string | undefined;
}

/**
 * The names of all detectors, from the files alone: nothing is loaded or tried. A model that this user is not allowed to
 * see counts as downloaded. Rejects if the operator's folder exists and cannot be read.
 */
export async function knownDetectors({
  manifest,
  added,
  expected = [],
  folder,
}: DetectorPlaces): Promise<NamedDetector[]> {
  const present =
    added === undefined ? [] : await new ModelFolder(added).list().catch(() => undefined);
  const isPresent = (id: string) =>
    expected.includes(id) || (present?.some((one) => one.id === id) ?? true);
  const shipped = readManifest(manifest).map((one): NamedDetector => {
    const { id, kind } = one;
    if (one.kind === 'cascade') return { id, kind, status: 'ready', labels: [one.label] };
    const status = isPresent(id) ? 'ready' : 'available';
    return { id, kind, status, labels: one.labels, downloadable: true };
  });
  const others = (present ?? []).filter(({ id }) => !shipped.some((one) => one.id === id));
  return [
    ...shipped,
    ...(await Promise.all(
      others.map(async ({ id, path, settings }) => {
        const named = await namedFile(id, path);
        return settings?.labels ? { ...named, labels: settings.labels } : named;
      }),
    )),
    ...(await inFolder(folder)),
  ];
}

async function inFolder(folder: string | undefined): Promise<NamedDetector[]> {
  if (folder === undefined) return [];
  const files = await detectorFilesIn(folder);
  return Promise.all(
    files.flatMap(({ id, path }) => (id === undefined ? [] : [namedFile(id, path)])),
  );
}

async function namedFile(id: string, file: string): Promise<NamedDetector> {
  const { dir, name, ext } = parse(file);
  if (ext === '.xml') return { id, kind: 'cascade', status: 'ready', labels: [id], file };
  const labels = await readNamedLabels(join(dir, name)).catch(() => undefined);
  return { id, kind: 'onnx', status: 'ready', labels, file };
}
