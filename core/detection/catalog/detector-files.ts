import { readdir, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { nameSchema } from '../../contract/names.js';
import type { ReadyDetector } from './detector-entry.js';
import { examineCascade } from './examine-cascade.js';
import { DESCRIPTIONS, examineModel } from './examine-model.js';
import type { DetectorFile, NamedFile } from './operator-detectors.js';
import type { Probe } from './probe.js';

/** The cascades and models in an operator's folder: each `ID.xml` and `ID.onnx`. */
export async function detectorFilesIn(folder: string): Promise<DetectorFile[]> {
  const names = (await readdir(folder).catch(ifMissing)).filter(
    (name) => isDetectorFile(name) && !name.startsWith('.'),
  );
  const files = await Promise.all(names.sort().map((name) => detectorFile(join(folder, name))));
  return files.flatMap((file) => file ?? []);
}

const isDetectorFile = (name: string): boolean => name.endsWith('.xml') || name.endsWith('.onnx');

/** A detector's file with those that describe it. Undefined if it is not a file. */
async function detectorFile(path: string): Promise<DetectorFile | undefined> {
  const { dir, base, name, ext } = parse(path);
  const isModel = ext === '.onnx';
  const beside = isModel ? DESCRIPTIONS.map((end) => join(dir, name + end)) : [];
  const [own, ...others] = await Promise.all(
    [path, ...beside].map((one) => stat(one).catch(() => undefined)),
  );
  if (!own?.isFile()) return undefined;
  const found = [own, ...others.flatMap((other) => other ?? [])];
  return {
    name: base,
    id: nameSchema.safeParse(name).data,
    path,
    kind: isModel ? 'onnx' : 'cascade',
    signature: found.map(({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`).join(', '),
    changedAt: Math.max(...found.map(({ mtimeMs }) => mtimeMs)),
  };
}

/** Reads and tries a cascade or model. Throws DetectorFault and ProblemError. */
export async function examineFile(
  { id, path, kind }: Pick<NamedFile, 'id' | 'path' | 'kind'>,
  probe: Probe,
): Promise<ReadyDetector> {
  const { size } = await stat(path);
  return (kind === 'onnx' ? examineModel : examineCascade)(id, path, size, probe);
}

function ifMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
