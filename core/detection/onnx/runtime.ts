import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  type Installation,
  libraryFault,
  libraryFolder,
  type OptionalLibrary,
  thisInstallation,
} from '../../runtime/installation.js';

/** How the programs use siteglass-onnx. Raise it with a change that an older package does not fit. */
export const RUNTIME_INTERFACE = 1;

const NPM_PACKAGE = 'node_modules/onnxruntime-node';
const ADDON = `${NPM_PACKAGE}/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`;

const onnxRuntime: OptionalLibrary = {
  name: 'ONNX Runtime',
  package: 'siteglass-onnx',
  interface: RUNTIME_INTERFACE,
  file: { inCheckout: ADDON, inPackage: ADDON },
  advice: {
    inCheckout: 'to install it: npm run setup',
    // The images have it, unlike those that were built before, and those that leave it out.
    inImage: (image) => `use the image ${image} of this version, which has it`,
  },
};

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

/** Whether ONNX Runtime is there for this processor, and fits. Loads nothing. */
export const isRuntimeInstalled = (at?: Installation): boolean => runtimeFault(at) === undefined;

/** Why ONNX Runtime cannot be used, in one line that says what to install; undefined if it is there. Loads nothing. */
export const runtimeFault = (at: Installation = thisInstallation()): string | undefined =>
  libraryFault(onnxRuntime, at);

/** Loads ONNX Runtime, which maps 46 MB. Throws, with one line that says what to install, if it is not there. */
export function loadRuntime(at: Installation = thisInstallation()): OnnxRuntime {
  const fault = runtimeFault(at);
  if (fault !== undefined) throw new Error(fault);
  // Its own path: a package of this name in another folder of Node.js may be of any version.
  const file = join(libraryFolder(onnxRuntime, at), NPM_PACKAGE, 'dist/index.js');
  return createRequire(file)(file) as OnnxRuntime;
}
