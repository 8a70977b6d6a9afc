import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  type Installation,
  imageOf,
  isCheckout,
  misfit,
  packageBeside,
  thisInstallation,
} from '../../runtime/installation.js';

/** How the programs use siteglass-onnx. Raise it with a change that an older package does not fit. */
export const RUNTIME_INTERFACE = 1;

const NPM_PACKAGE = 'node_modules/onnxruntime-node';
/** The Debian package that has it, since the programs' own packages do without. It is installed beside them. */
const PACKAGE = 'siteglass-onnx';

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
export function runtimeFault(at: Installation = thisInstallation()): string | undefined {
  if (!existsSync(addonIn(folderOf(at)))) return `ONNX Runtime is not installed; ${advice(at)}`;
  return isCheckout(at) ? undefined : misfit(at, PACKAGE, RUNTIME_INTERFACE);
}

/** Loads ONNX Runtime, which maps 46 MB. Throws, with one line that says what to install, if it is not there. */
export function loadRuntime(at: Installation = thisInstallation()): OnnxRuntime {
  const fault = runtimeFault(at);
  if (fault !== undefined) throw new Error(fault);
  // Its own path: a package of this name in another folder of Node.js may be of any version.
  const file = join(folderOf(at), 'dist/index.js');
  return createRequire(file)(file) as OnnxRuntime;
}

/** Among a checkout's own packages, or in the Debian package. */
const folderOf = (at: Installation) =>
  join(isCheckout(at) ? at.root : packageBeside(at, PACKAGE), NPM_PACKAGE);

const addonIn = (folder: string) =>
  join(folder, 'bin/napi-v6', process.platform, process.arch, 'onnxruntime_binding.node');

function advice(at: Installation): string {
  if (isCheckout(at)) return 'to install it: npm run setup';
  const image = imageOf(at);
  // The images have it, unlike those that were built before, and those that leave it out.
  return image === undefined
    ? `to install it: sudo apt install ${PACKAGE}`
    : `use the image ${image} of this version, which has it`;
}
