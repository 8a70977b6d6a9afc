import { describeModel } from '../onnx/describe-model.js';
import type { OnnxRuntime } from '../onnx/runtime.js';
import { UnusableModel } from '../onnx/unusable-model.js';
import type { ModelProbeResult, ProbeSubject } from '../protocol.js';
import { ModelCache } from './backends/model-cache.js';
import type { DetectorFiles } from './detector-files.js';
import { Refusal } from './refusal.js';

/**
 * Loads a model, runs it on a test image, and compares its inputs and outputs with its description, which may be empty:
 * the shapes tell what is missing. Throws a `Refusal` that says what was expected and what came. A model may end or
 * stall the process instead.
 */
export async function probeModel(
  runtime: () => OnnxRuntime,
  { model: file, description }: Extract<ProbeSubject, { kind: 'onnx' }>,
  files?: DetectorFiles,
): Promise<ModelProbeResult> {
  // One with a cache of its own, so that a model on trial displaces none in use.
  const models = new ModelCache(() => required(runtime), undefined, files);
  try {
    const model = await models.get(file, description);
    const { type, width, height } = model.input;
    const { family, labels } = description;
    const pixels = testPixels(width, height);
    const outputs = await model.run(type === 'uint8' ? pixels : Float32Array.from(pixels));
    const layout = model.layoutOf(outputs, { family, classes: labels?.length });
    const described = describeModel(model.input, layout, description);
    // What it finds does not matter, only that it can be read.
    layout.decode(outputs, 0.01);
    return { kind: 'onnx', model: described, classes: layout.classes };
  } catch (error) {
    if (error instanceof UnusableModel) throw new Refusal('invalid_parameter', error.message);
    throw error;
  } finally {
    await models.clear();
  }
}

/** Slopes of grey, in whatever layout. */
function testPixels(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: 3 * width * height }, (_, i) => i % 251);
}

/** Without it no model is usable: trying it again later would change nothing. */
function required(runtime: () => OnnxRuntime): OnnxRuntime {
  try {
    return runtime();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal('invalid_parameter', error.message);
  }
}
