import type { Tensor } from 'onnxruntime-node';
import { type RecognisedLayout, recogniseLayout } from './families/families.js';
import type { Output } from './families/family.js';
import { type ImageInput, type InputSize, imageInputOf } from './model-input.js';
import { readModel } from './read-model.js';
import type { OnnxRuntime, OnnxSession } from './runtime.js';
import { stripInputs } from './strip-inputs.js';
import { UnusableModel } from './unusable-model.js';

/** One thread, and the same result each time. A worker a core is the parallelism. */
const SESSION_OPTIONS = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // Keeps the memory of a run for the next one. Without it the system clears these pages in each run: a quarter more time.
  enableCpuMemArena: true,
  enableMemPattern: true,
  logSeverityLevel: 3,
} as const;

/** A model that is ready to search. */
export class OnnxModel {
  private constructor(
    readonly input: ImageInput,
    private readonly runtime: OnnxRuntime,
    private readonly session: OnnxSession,
  ) {}

  /** Throws `UnusableModel`, before a session is made if the file alone shows why. */
  static async load(
    runtime: OnnxRuntime,
    bytes: Buffer,
    size?: Partial<InputSize>,
  ): Promise<OnnxModel> {
    const file = readModel(bytes);
    const input = imageInputOf(file, size);
    const session = await runtime.InferenceSession.create(
      stripInputs(bytes, file),
      SESSION_OPTIONS,
    ).catch(refused);
    return new OnnxModel(input, runtime, session);
  }

  /** Throws `UnusableModel` if it does not take the input that it states, or its outputs are no numbers. */
  async run(pixels: Float32Array | Uint8Array): Promise<Output[]> {
    const { name, type, width, height, interleaved, further } = this.input;
    const shape = interleaved ? [1, height, width, 3] : [1, 3, height, width];
    const feeds: Record<string, Tensor> = { [name]: new this.runtime.Tensor(type, pixels, shape) };
    for (const { name: other, value } of further) {
      const data = value === 'scale' ? [1, 1] : [height, width];
      feeds[other] = new this.runtime.Tensor('float32', Float32Array.from(data), [1, 2]);
    }
    const results = await this.session.run(feeds).catch(refused);
    return this.session.outputNames.map((output) => outputOf(output, results[output]));
  }

  layoutOf(outputs: Output[], given: Parameters<typeof recogniseLayout>[2] = {}): RecognisedLayout {
    return recogniseLayout(outputs, this.input, given);
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

function outputOf(name: string, tensor: Tensor | undefined): Output {
  const data = tensor?.data;
  // A count of boxes, which is not needed.
  if (data instanceof BigInt64Array || data instanceof Int32Array)
    return { name, shape: tensor?.dims ?? [], data: new Float32Array() };
  if (!(data instanceof Float32Array))
    throw new UnusableModel(
      `expected outputs of float32 numbers, but ${name} has ${tensor?.type ?? 'none'}`,
    );
  return { name, shape: tensor?.dims ?? [], data };
}

const MAX_REASON = 300;

function refused(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  throw new UnusableModel(`ONNX Runtime does not accept it: ${reason.slice(0, MAX_REASON)}`);
}
