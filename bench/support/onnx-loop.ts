import { readFileSync } from 'node:fs';
import { OnnxModel } from '../../core/detection/onnx/onnx-model.js';
import { loadRuntime } from '../../core/detection/onnx/runtime.js';
import { answerQuestions } from './side-process.js';

export interface OnnxQuestion {
  model: string;
  /** At least one run, and no further ones once they have passed. */
  seconds: number;
}

export interface OnnxReply {
  done: number;
  perSecond: number;
  medianMs: number;
}

let loaded: Promise<OnnxModel> | undefined;

/** `session.run` over and over on one input, with the options of a worker. */
async function run({ model: file, seconds }: OnnxQuestion): Promise<OnnxReply> {
  loaded ??= OnnxModel.load(loadRuntime(), readFileSync(file));
  const model = await loaded;
  const { width, height } = model.input;
  const pixels = Float32Array.from({ length: 3 * width * height }, (_, i) => i % 251);
  const times: number[] = [];
  const started = performance.now();
  let elapsed = 0;
  while (times.length === 0 || elapsed < seconds) {
    const at = performance.now();
    await model.run(pixels);
    times.push(performance.now() - at);
    elapsed = (performance.now() - started) / 1000;
  }
  const sorted = times.toSorted((a, b) => a - b);
  const done = times.length;
  return { done, perSecond: times.length / elapsed, medianMs: sorted[sorted.length >> 1] ?? 0 };
}

answerQuestions(run);
