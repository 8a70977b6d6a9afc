import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';

const NAME = 'onnxruntime-node';
/** Where the Debian package puts it, since the programs' own packages do without. */
const PACKAGED = '/usr/lib/siteglass-onnx/node_modules/';

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

export const RUNTIME_MISSING =
  'ONNX Runtime is not installed. Install the Debian package siteglass-onnx; in a checkout, run `npm run setup`.';

/** Whether ONNX Runtime is there for this processor. Loads nothing. */
export function isRuntimeInstalled(): boolean {
  return runtimeFile() !== undefined;
}

/** Loads ONNX Runtime, which maps 46 MB. Throws if it is not installed or does not load. */
export function loadRuntime(): OnnxRuntime {
  const file = runtimeFile();
  if (file === undefined) throw new Error(RUNTIME_MISSING);
  return createRequire(file)(file) as OnnxRuntime;
}

/** The package's first file, in the checkout or where a package installed it. */
function runtimeFile(): string | undefined {
  for (const from of [import.meta.url, PACKAGED]) {
    const file = resolved(from);
    if (file !== undefined && existsSync(addonOf(file))) return file;
  }
  return undefined;
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
