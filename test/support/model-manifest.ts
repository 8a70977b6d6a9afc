import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { stringify } from 'yaml';
import { projectRoot } from '../../core/runtime/project-root.js';
import { temporaryFolder } from './temporary-folder.js';

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A model of `squareModel` for the manifest. */
export const listedSquares = (id: string, model: Buffer, url: string, side = 64) => ({
  id,
  kind: 'onnx',
  url,
  bytes: model.length,
  sha256: sha256Of(model),
  family: 'yolov8',
  input: { width: side, height: side },
  labels: ['red', 'green', 'blue'],
  source: 'A test',
  licence: 'MIT',
});

/** The project's manifest with other models than its own. Resolves with its path. */
export async function manifestWith(
  t: ExecutionContext | undefined,
  models: ReturnType<typeof listedSquares>[],
): Promise<string> {
  const own = join(projectRoot(), 'cascades');
  const folder = await temporaryFolder(t);
  await cp(own, folder, { recursive: true });
  const file = join(folder, 'manifest.yaml');
  const text = await readFile(join(own, 'manifest.yaml'), 'utf8');
  const cascades = text.slice(0, text.indexOf('  - id: yolox-nano'));
  await writeFile(file, `${cascades}${stringify(models).replace(/^/gm, '  ')}\n`);
  return file;
}
