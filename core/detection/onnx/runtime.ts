import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { projectRoot } from '../../runtime/project-root.js';

const NAME = 'onnxruntime-node';
/** The Debian package that has it, since the programs' own packages do without. It is installed beside them. */
const PACKAGE = 'siteglass-onnx';
const CHECKOUT = 'siteglass';

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

/** Whether ONNX Runtime is there for this processor. Loads nothing. */
export function isRuntimeInstalled(root = projectRoot()): boolean {
  return runtimeFile(root) !== undefined;
}

/** Loads ONNX Runtime, which maps 46 MB. Throws, with one line that says what to install, if it is not there. */
export function loadRuntime(root = projectRoot()): OnnxRuntime {
  const file = runtimeFile(root);
  if (file === undefined) {
    const advice = isCheckout(root) ? 'npm run setup' : `sudo apt install ${PACKAGE}`;
    throw new Error(`ONNX Runtime is not installed; to install it: ${advice}`);
  }
  return createRequire(file)(file) as OnnxRuntime;
}

/** The package's first file, among the program's own packages or in the Debian package. */
function runtimeFile(root: string): string | undefined {
  return [root, join(root, '..', PACKAGE)]
    .map((folder) => resolved(join(folder, 'package.json')))
    .find((file) => file !== undefined && existsSync(addonOf(file)));
}

function isCheckout(root: string): boolean {
  const manifest = join(root, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === CHECKOUT;
}

function resolved(from: string): string | undefined {
  try {
    return createRequire(from).resolve(NAME);
  } catch {
    return undefined;
  }
}

const addonOf = (file: string) =>
  join(dirname(file), '../bin/napi-v6', process.platform, process.arch, 'onnxruntime_binding.node');
