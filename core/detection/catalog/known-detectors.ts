import { readdir, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { nameSchema } from '../../contract/names.js';
import { readNamedLabels } from './examine-model.js';
import type { NamedDetector } from './named-detector.js';
import { readManifest } from './shipped-detectors.js';

export interface DetectorPlaces {
  manifest: string;
  /** The folder with the downloaded models, as ID.onnx. */
  models?: string | undefined;
  /** The operator's folder. */
  folder?: string | undefined;
}

/**
 * The names of all detectors, from the files alone: nothing is loaded or tried. What cannot be seen from here, e.g. in a
 * folder of another user, counts as usable.
 */
export async function knownDetectors({
  manifest,
  models,
  folder,
}: DetectorPlaces): Promise<NamedDetector[]> {
  const shipped = readManifest(manifest).map(async (one): Promise<NamedDetector> => {
    const { id, kind } = one;
    if (one.kind === 'cascade') return { id, kind, status: 'ready', labels: [one.label] };
    const isMissing = models === undefined || (await isAbsent(join(models, `${id}.onnx`)));
    return { id, kind, status: isMissing ? 'available' : 'ready', labels: one.labels };
  });
  return [...(await Promise.all(shipped)), ...(await inFolder(folder))];
}

async function inFolder(folder: string | undefined): Promise<NamedDetector[]> {
  if (folder === undefined) return [];
  const names = await readdir(folder).catch((): string[] => []);
  const found = names.sort().map(async (name): Promise<NamedDetector[]> => {
    const { name: stem, ext } = parse(name);
    const id = nameSchema.safeParse(stem).data;
    if (id === undefined) return [];
    if (ext === '.xml') return [{ id, kind: 'cascade', status: 'ready', labels: [id] }];
    if (ext !== '.onnx') return [];
    const labels = await readNamedLabels(join(folder, stem)).catch(() => undefined);
    return [{ id, kind: 'onnx', status: 'ready', labels }];
  });
  return (await Promise.all(found)).flat();
}

const isAbsent = (file: string): Promise<boolean> =>
  stat(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
