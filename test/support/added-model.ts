import { ModelFolder } from '../../core/detection/models/model-folder.js';
import { sha256Of } from './model-manifest.js';

/** Adds a model to a data folder's detectors without a trial, as the installer does after one. Resolves with its path. */
export async function addModel(folder: string, id: string, content: string): Promise<string> {
  const models = new ModelFolder(folder);
  return models.locked(async () => {
    const staged = await models.stage(id);
    await staged.write('onnx', content);
    const bytes = Buffer.from(content);
    const files = { file: `${id}.onnx`, sha256: sha256Of(bytes), bytes: bytes.length };
    await models.publish(staged, files);
    return staged.path('onnx');
  });
}
