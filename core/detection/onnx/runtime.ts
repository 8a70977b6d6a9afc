import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Installation } from '../../runtime/installation.js';
import { runtimeFault, runtimeFolder } from './runtime-package.js';

/** The part of ONNX Runtime that is used here. */
export interface OnnxRuntime {
  InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<OnnxSession>;
  };
  Tensor: new (
    type: 'float32' | 'uint8',
    data: Float32Array | Uint8Array,
    shape: readonly number[],
  ) => Tensor;
}

export interface OnnxSession {
  readonly outputNames: readonly string[];
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** Loads ONNX Runtime, which maps 46 MB. Throws, with one line that says what to install, if it is not there. */
export function loadRuntime(at?: Installation): OnnxRuntime {
  const fault = runtimeFault(at);
  if (fault !== undefined) throw new Error(fault);
  // Its own path: a package of this name in another folder of Node.js may be of any version.
  const file = join(runtimeFolder(at), 'dist/index.js');
  return createRequire(file)(file) as OnnxRuntime;
}
