import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { nameSchema } from '../../contract/names.js';
import { ModelFolder } from '../models/model-folder.js';
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
    ...(await Promise.all(others.flatMap(({ path }) => inFile(path)))),
    ...(await inFolder(folder)),
  ];
}

async function inFolder(folder: string | undefined): Promise<NamedDetector[]> {
  if (folder === undefined) return [];
  const names = await readdir(folder).catch(ifMissing);
  const found = names.sort().flatMap((name) => inFile(join(folder, name)));
  return Promise.all(found);
}

/** None if the file's name is not that of a detector. */
function inFile(path: string): Promise<NamedDetector>[] {
  const { dir, name, ext } = parse(path);
  const id = nameSchema.safeParse(name).data;
  if (id === undefined || !['.xml', '.onnx'].includes(ext)) return [];
  return [namedFile(id, path, join(dir, name))];
}

async function namedFile(id: string, file: string, stem: string): Promise<NamedDetector> {
  if (file.endsWith('.xml')) return { id, kind: 'cascade', status: 'ready', labels: [id], file };
  const labels = await readNamedLabels(stem).catch(() => undefined);
  return { id, kind: 'onnx', status: 'ready', labels, file };
}

function ifMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
