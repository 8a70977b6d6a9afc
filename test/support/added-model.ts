import { writeFile } from 'node:fs/promises';
import { parse } from 'node:path';
import { ModelFolder } from '../../core/detection/models/model-folder.js';
import { sha256Of } from './model-manifest.js';

/** Adds a model to a data folder's detectors without a trial, as the installer does after one. Resolves with its path. */
export const addModel = (folder: string, id: string, content: string | Buffer): Promise<string> =>
  addFile(folder, `${id}.onnx`, content);

/** The same with a model or a cascade. */
export async function addFile(
  folder: string,
  file: string,
  content: string | Buffer,
): Promise<string> {
  const models = new ModelFolder(folder);
  const { name: id, ext } = parse(file);
  return models.locked(async () => {
    const staged = await models.stage(id);
    const path = staged.path(ext.slice(1));
    const bytes = Buffer.from(content);
    await writeFile(path, bytes);
    await models.publish(staged, { file, sha256: sha256Of(bytes), bytes: bytes.length });
    return path;
  });
}
